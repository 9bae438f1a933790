"""G4: the reference library verifies what we sign, and refuses what somebody changed or kept for later."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.builders import Clock
from tests.faults.sinks import hook_sink
from tests.outbound.hook_rig import hook_rig, queue
from waypost_server.channels.egress import Egress
from waypost_server.channels.outcome import Outcome
from waypost_server.channels.webhook import Post, WebhookPoster
from waypost_server.services.endpoint_secret import show_secret
from waypost_server.services.fsck import check as fsck
from waypost_server.services.recover import recover
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery

SECRET, BEFORE, ANOTHER = ("whsec_" + each * 4 for each in ("c2VjcmV0", "YmVmb3Jl", "YW5vdGhl"))


def _posted(seconds: int = 0, body: str = '{"name": "Zoë"}') -> tuple[dict[str, str], bytes]:
    """What an endpoint gets, signed so many seconds from now, in a day in which the secret was changed."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    with hook_sink() as (sink, url):
        WebhookPoster(Egress(allow_loopback=True)).post(Post("d-1", url, (SECRET, BEFORE), body, at))
    (post,) = sink.posts
    return post


def test_both_secrets_of_a_change_verify_and_no_other() -> None:
    """Receivers change over when they like."""
    headers, body = _posted()
    for secret in (SECRET, BEFORE):
        assert Webhook(secret).verify(body, headers) == {"name": "Zoë"}
    with pytest.raises(WebhookVerificationError):
        Webhook(ANOTHER).verify(body, headers)


def test_the_documented_receiver_takes_ours_once_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code of docs/integrations.md, as it stands, behind Flask."""
    page = (Path(__file__).parents[2] / "docs" / "integrations.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    monkeypatch.setenv("WAYPOST_WEBHOOK_SECRET", SECRET)
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(code, "integrations.md", "exec"), names)
    client = names["app"].test_client()
    headers, body = _posted(body='{"type": "play.step", "data": {"name": "Zoë"}}')
    for _ in range(2):
        assert client.post("/hooks/waypost", data=body, headers=headers).status_code == 204
    assert capsys.readouterr().out == "play.step {'name': 'Zoë'}\n"
    assert client.post("/hooks/waypost", data=body + b" ", headers=headers).status_code == 401


@pytest.mark.parametrize("seconds", [-400, 400])
def test_what_was_kept_for_later_or_dated_ahead_is_refused(seconds: int) -> None:
    """The reference allows five minutes either way."""
    headers, body = _posted(seconds)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers)


@pytest.mark.parametrize(
    ("name", "changed"),
    [("webhook-id", "d-2"), ("webhook-timestamp", "1"), ("webhook-signature", "v1,c2hvcnQ=")],
)
def test_a_header_that_is_missing_or_changed_is_refused(name: str, changed: str) -> None:
    """All three are signed or are the signature."""
    headers, body = _posted()
    missing = {each: text for each, text in headers.items() if each != name}
    for got in (missing, {**headers, name: changed}):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, got)


def test_a_body_that_was_changed_is_refused() -> None:
    """By a single byte."""
    headers, body = _posted()
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"Zo", b"Zu"), headers)


class DiesAfterPosting(WebhookPoster):
    """The worker dies when the endpoint has the message and the database does not know it."""

    def post(self, post: Post) -> Outcome:
        super().post(post)
        raise KeyboardInterrupt


def test_after_a_workers_death_it_comes_again_with_the_same_id_and_bytes(
    database: Database, tmp_path: Path
) -> None:
    """At least once: a receiver that keeps ids can tell; the time and the signature are new."""
    with hook_sink() as (sink, url):
        rig = hook_rig(database, tmp_path, good=url, clock=Clock(datetime.now(UTC)))
        queue(rig, "good", 1)
        lives = rig.runtime
        rig.runtime = dataclasses.replace(lives, poster=DiesAfterPosting(Egress(allow_loopback=True)))
        with pytest.raises(KeyboardInterrupt):
            rig.drain()
        rig.runtime = lives
        rig.clock.move(minutes=3)
        recover(rig.runtime)
        rig.drain()
        (first, body), (second, again) = sink.posts
        assert (first["webhook-id"], body) == (second["webhook-id"], again)
        assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 180
        secret = show_secret(rig.runtime, rig.rows(Delivery)[0].workspace_id, "good", actor="marta")
        for headers in (first, second):
            Webhook(secret).verify(body, headers)
        assert rig.rows(Delivery)[0].state == "sent" and fsck(rig.runtime) == []
