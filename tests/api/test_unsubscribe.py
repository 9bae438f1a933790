"""The way out of e-mail: a page with one button, one click by POST, nothing on GET."""

from __future__ import annotations

import dataclasses

import pytest
from flask.testing import FlaskClient

from tests.apps import make_app
from tests.builders import WORKSPACE, add_workspace
from waypost_server.channels.reader_words import WORDS
from waypost_server.services import known_secret
from waypost_server.services.addresses import unsubscribe_url
from waypost_server.services.runtime import Runtime
from waypost_server.store.tables import Suppression


@pytest.fixture
def app(database_url: str) -> tuple[FlaskClient, Runtime]:
    app = make_app(database_url)
    runtime: Runtime = app.extensions["waypost"]
    add_workspace(runtime.db)
    return app.test_client(), runtime


def _suppressed(runtime: Runtime) -> int:
    with runtime.db.read() as session:
        return session.query(Suppression).count()


def test_get_asks_and_post_stops(app: tuple[FlaskClient, Runtime]) -> None:
    """P29: no cookie, no redirect, and mail scanners that fetch links change nothing."""
    client, runtime = app
    path = unsubscribe_url(runtime, WORKSPACE, "dana@example.com").removeprefix(runtime.base_url)
    page = client.get(path)
    assert page.status_code == 200 and page.text.count("<button") == 1 and _suppressed(runtime) == 0
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for _ in range(2):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert _suppressed(runtime) == 1


@pytest.mark.parametrize(
    ("locale", "browser", "words"),
    [
        ("de-AT", "fr", "Diese E-Mails abbestellen?"),
        (None, "fr-CA, en;q=0.5", "Ne plus recevoir ces e-mails ?"),
        ("xx", "es", "Stop these e-mails?"),
        (None, "", "Stop these e-mails?"),
        ('"><script>', "es", "Stop these e-mails?"),
    ],
)
def test_it_speaks_the_readers_language(
    app: tuple[FlaskClient, Runtime], locale: str | None, browser: str, words: str
) -> None:
    """The person's own, which the link of their mail names, else the browser's; the answer too."""
    client, runtime = app
    url = unsubscribe_url(runtime, WORKSPACE, "dana@example.com", locale=locale)
    path, headers = url.removeprefix(runtime.base_url), {"Accept-Language": browser}
    page = client.get(path, headers=headers)
    lang = page.text.split('<html lang="')[1][:2]
    assert f"<h1>{words}</h1>" in page.text and "<script" not in page.text
    done = client.post(path, headers=headers).text
    assert f'<html lang="{lang}">' in done and WORDS[lang].stop.done in done
    assert WORDS[lang].broken.cut in client.get("/u/broken", headers={"Accept-Language": lang}).text


def test_a_server_with_another_secret_does_not_call_the_link_broken(
    app: tuple[FlaskClient, Runtime],
) -> None:
    """Whoever says no, or the mail program that does for them, is asked to try again: the link still holds."""
    client, runtime = app
    known_secret.look(runtime)
    strange = dataclasses.replace(runtime, secret="another secret of at least 32 characters")
    path = unsubscribe_url(runtime, WORKSPACE, "dana@example.com").removeprefix(runtime.base_url)
    client.application.extensions["waypost"] = strange
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 503 and "Try again later" in answer.text
    client.application.extensions["waypost"] = runtime
    assert client.post(path).status_code == 200 and _suppressed(runtime) == 1


@pytest.mark.parametrize("change", ["x", "=", "%00", "a" * 600, ""])
def test_a_changed_token_is_not_found(app: tuple[FlaskClient, Runtime], change: str) -> None:
    """Nobody can make a link for somebody else."""
    client, runtime = app
    path = unsubscribe_url(runtime, WORKSPACE, "dana@example.com").removeprefix(runtime.base_url)
    broken = path[:-3] + change
    assert client.post(broken).status_code == 404
    assert client.get(broken).status_code == 404
    assert _suppressed(runtime) == 0
