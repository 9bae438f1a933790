"""G6-G8: links in mails give nothing away and lead nowhere else, and a no holds for everybody at the address."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.apps import make_app
from tests.builders import WORKSPACE, add_workspace
from tests.channels.reports import arf, dsn
from tests.services.play_rig import PlayRig
from waypost_server.channels.bounce import read
from waypost_server.services.addresses import preferences_url, return_mac, unsubscribe_url
from waypost_server.services.fsck import check as fsck
from waypost_server.services.runtime import Runtime
from waypost_server.services.take_bounce import take_reports
from waypost_server.services.unsubscribe import unsubscribe
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery, Suppression

ADDRESS = "dana@example.com"
Web = tuple[FlaskClient, Runtime]


@pytest.fixture
def web(database_url: str) -> Web:
    """The app, and what its links are signed with."""
    app = make_app(database_url)
    runtime: Runtime = app.extensions["waypost"]
    add_workspace(runtime.db)
    add_workspace(runtime.db, "other")
    return app.test_client(), runtime


def _suppressed(runtime: Runtime) -> int:
    with runtime.db.read() as session:
        return session.query(Suppression).count()


def _path(runtime: Runtime, url: str) -> str:
    return url.removeprefix(runtime.base_url)


def test_no_token_but_ours_is_found_and_nothing_redirects(web: Web) -> None:
    """G6: every bit of the signature, another purpose, another workspace, cut off, and lists of places to go."""
    client, runtime = web
    link = _path(runtime, unsubscribe_url(runtime, WORKSPACE, ADDRESS))
    token = link.rsplit("/", 1)[1]
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    flipped = [
        bytes(byte ^ (1 << (bit % 8) if place == bit // 8 else 0) for place, byte in enumerate(raw))
        for bit in range(0, len(raw) * 8, 7)
    ]
    tokens = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in flipped]
    tokens += [token[:cut] for cut in (1, 10, len(token) - 1)]
    tokens += [_path(runtime, preferences_url(runtime, WORKSPACE, "dana")).rsplit("/", 1)[1]]
    other = base64.urlsafe_b64encode(raw.replace(WORKSPACE.encode(), b"other")).decode().rstrip("=")
    tokens += [other, "https:%2f%2fevil.example", "%2f%2fevil.example", "..%2fconsole", "%00"]
    for each in tokens:
        for answer in (client.get(f"/u/{each}"), client.post(f"/u/{each}")):
            place = answer.headers.get("Location", "/u/")  # slashes too many are ours to correct
            assert answer.status_code in (404, 308) and place.startswith("/u/"), each
        assert client.get(f"/u/{each}", follow_redirects=True).status_code == 404
    assert _suppressed(runtime) == 0
    for query in ("?next=https://evil.example", "?url=//evil.example", "?redirect=/\\evil.example"):
        answer = client.get(link + query)
        assert answer.status_code == 200 and "Location" not in answer.headers and b"evil" not in answer.data


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("HEAD", {}),
        ("OPTIONS", {}),
        ("GET", {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"X-HTTP-Method-Override": "POST"}),
        ("PUT", {}),
        ("DELETE", {}),
    ],
)
def test_looking_never_unsubscribes(web: Web, method: str, headers: dict[str, str]) -> None:
    """G7: scanners and browsers that look ahead change nothing."""
    client, runtime = web
    link = _path(runtime, unsubscribe_url(runtime, WORKSPACE, ADDRESS))
    answer = client.open(link, method=method, headers=headers)
    assert answer.status_code in (200, 405) and _suppressed(runtime) == 0
    assert "Set-Cookie" not in answer.headers and "Location" not in answer.headers


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "One-Click"}])
def test_a_post_unsubscribes_once_without_cookie_or_redirect(web: Web, body: dict[str, str]) -> None:
    """G7: the button of our page posts nothing, a mail program posts one line; both twice, and both for ever."""
    client, runtime = web
    link = _path(runtime, unsubscribe_url(runtime, WORKSPACE, ADDRESS))
    for _ in range(2):
        answer = client.post(link, data=body, headers={"Origin": "https://mail.example"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers and "Location" not in answer.headers
    assert _suppressed(runtime) == 1


@pytest.fixture
def shared(database: Database, tmp_path: Path) -> PlayRig:
    """Two people of two accounts with one address; the first has a mail, the second's is decided and waits."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    _add(rig, "first")
    rig.drain()
    object.__setattr__(rig.runtime, "sending", False)
    _add(rig, "second")
    rig.drain()
    object.__setattr__(rig.runtime, "sending", True)
    assert sorted(row.state for row in rig.rows(Delivery)) == ["pending", "sent"]
    return rig


def _add(rig: PlayRig, name: str) -> None:
    rig.add_account(name, first_day=rig.clock.now.date() - timedelta(days=16))
    rig.sql("update end_user set email = :address where id = :id", address=ADDRESS, id=f"{name}-admin")


@pytest.mark.parametrize("how", ["bounce", "complaint", "unsubscribe"])
def test_a_no_stops_everybody_at_the_address_and_what_waits(shared: PlayRig, how: str) -> None:
    """G8: what was decided before the no ends as suppressed, for the other person too."""
    (sent,) = [row for row in shared.rows(Delivery) if row.state == "sent"]
    if how == "bounce":
        mac = return_mac(shared.runtime, WORKSPACE, sent.id)
        take_reports(shared.runtime, WORKSPACE, read(dsn(sent.id, mac=mac)))
    elif how == "complaint":
        take_reports(shared.runtime, WORKSPACE, read(arf(sent.id)))
    else:
        link = unsubscribe_url(shared.runtime, WORKSPACE, ADDRESS.upper())
        unsubscribe(shared.runtime, link.rsplit("/", 1)[1])
    shared.drain()
    (waited,) = [row for row in shared.rows(Delivery) if row.id != sent.id]
    assert waited.state == "suppressed" and len(shared.mails()) == 1
    _add(shared, "third")
    shared.drain()
    assert len(shared.mails()) == 1 and fsck(shared.runtime) == []
