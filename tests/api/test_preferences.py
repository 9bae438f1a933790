"""The page on which people choose what they get: by a signed link, without a login; on both databases."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.apps import make_app
from tests.builders import WORKSPACE, add_workspace
from tests.services.play_rig import FILES
from waypost_server.services.addresses import preferences_url, unsubscribe_url
from waypost_server.services.publish import publish
from waypost_server.services.runtime import Runtime
from waypost_server.services.unsubscribe import unsubscribe
from waypost_server.store.tables import Account, Consent, EndUser, Event, Membership, Suppression

TOPICS = "topics:\n  tips: {titles: {en: Tips <b>, de: Tipps}, plays: [usage-drop]}\n"


@pytest.fixture
def page(database_url: str) -> tuple[FlaskClient, Runtime, str]:
    """A person with an address, and the path of their page."""
    app = make_app(database_url)
    runtime: Runtime = app.extensions["waypost"]
    add_workspace(runtime.db)
    publish(runtime, WORKSPACE, {**FILES, "policy.yaml": FILES["policy.yaml"] + TOPICS}, author="tests")
    with runtime.db.write() as session:
        traits: dict[str, Any] = {"traits": {}, "traits_at": {}, "trust": "server"}
        session.add(EndUser(workspace_id=WORKSPACE, id="u/ü", email="dana@example.com", **traits))
    return (
        app.test_client(),
        runtime,
        preferences_url(runtime, WORKSPACE, "u/ü").removeprefix(runtime.base_url),
    )


def _said(runtime: Runtime) -> set[tuple[str, str, bool]]:
    with runtime.db.read() as session:
        return {(row.channel, row.topic, row.allowed) for row in session.query(Consent)}


def _ticks(html: str) -> int:
    return len(re.findall('type="checkbox"[^>]* checked', html))


def _first(html: str) -> tuple[list[str], str]:
    """What may come first, and what does."""
    ways = re.findall('type="radio" name="first" value="([^"]*)"( checked)?', html)
    (chosen,) = [way for way, is_chosen in ways if is_chosen]
    return [way for way, _ in ways], chosen


def test_looking_changes_nothing_and_shows_what_holds(page: tuple[FlaskClient, Runtime, str]) -> None:
    """Strict policy, no cookie, no script; authors' words are only words."""
    client, runtime, path = page
    answer = client.get(path)
    assert answer.status_code == 200 and _ticks(answer.text) == 3
    assert "Tips &lt;b&gt;" in answer.text and "Acme Automations" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers and "<script" not in answer.text
    assert _said(runtime) == set()


def test_choices_are_kept_and_the_last_word_counts(page: tuple[FlaskClient, Runtime, str]) -> None:
    """A topic refused, then everything, then all of it allowed again; the same twice is nothing new."""
    client, runtime, path = page
    for _ in range(2):
        saved = client.post(path, data={"yes": ["email:", "in_app:"]})
        assert "Saved." in saved.text and _ticks(saved.text) == 2
        assert _said(runtime) == {("email", "tips", False)}
    client.post(path, data={})
    assert _said(runtime) == {("email", "tips", False), ("email", "", False), ("in_app", "", False)}
    client.post(path, data={"yes": ["email:", "email:tips", "in_app:", "email:nobody"]})
    assert _said(runtime) == {("email", "tips", True), ("email", "", True), ("in_app", "", True)}


def test_whoever_wants_mail_takes_back_an_unsubscribe(page: tuple[FlaskClient, Runtime, str]) -> None:
    """Not for an address that bounced."""
    client, runtime, path = page
    unsubscribe(runtime, unsubscribe_url(runtime, WORKSPACE, "dana@example.com").rsplit("/", 1)[1])
    assert _ticks(client.get(path).text) == 2
    client.post(path, data={"yes": ["email:", "email:tips", "in_app:"]})
    with runtime.db.read() as session:
        assert session.query(Suppression).count() == 0


def test_people_say_which_way_comes_first(page: tuple[FlaskClient, Runtime, str]) -> None:
    """A trait by an event of the log, as the product may set it too; a form of before, without the question, says
    nothing, and neither does a way that is not offered."""
    client, runtime, path = page
    yes = ["email:", "email:tips", "in_app:"]
    for said, holds in [("email", "email"), (None, "email"), ("sms", "email"), ("chat", "email"), ("", "")]:
        given = {"yes": yes} if said is None else {"yes": yes, "first": said}
        assert _first(client.post(path, data=given).text) == (["", "email", "in_app"], holds)
        with runtime.db.read() as session:
            assert session.get_one(EndUser, (WORKSPACE, "u/ü")).traits.get("preferred_channel", "") == holds
    with runtime.db.read() as session:
        assert session.query(Event).filter_by(type="identify").count() == 2
    assert _said(runtime) == set()


def test_chat_is_offered_where_an_account_shares_a_room(page: tuple[FlaskClient, Runtime, str]) -> None:
    """It takes both: a shared room in policy.yaml, and the account's trait that names it."""
    client, runtime, path = page
    room = "chat: {shared: {service: slack, room_trait: slack_channel}}\n"
    publish(runtime, WORKSPACE, {**FILES, "policy.yaml": FILES["policy.yaml"] + room}, author="tests")
    who = {"workspace_id": WORKSPACE, "account_id": "acme"}
    with runtime.db.write() as session:
        session.add(Account(workspace_id=WORKSPACE, id="acme", traits={}, traits_at={}))
        session.add(Membership(**who, user_id="u/ü"))
    assert "chat" not in _first(client.get(path).text)[0]
    with runtime.db.write() as session:
        session.get_one(Account, (WORKSPACE, "acme")).traits = {"slack_channel": "C0ACME"}
    saved = client.post(path, data={"yes": ["email:", "in_app:"], "first": "chat"})
    assert _first(saved.text) == (["", "email", "in_app", "chat"], "chat")


def test_it_speaks_the_readers_language(page: tuple[FlaskClient, Runtime, str]) -> None:
    """The person's own, else the browser's; a topic's title too."""
    client, _, path = page
    german = client.get(path, headers={"Accept-Language": "de-AT"}).text
    assert '<html lang="de">' in german and "Speichern" in german and "Tipps" in german
    assert '<html lang="en">' in client.get(path, headers={"Accept-Language": "xx"}).text


@pytest.mark.parametrize("change", ["x", "=", "%00", "a" * 4000])
def test_a_changed_link_is_not_found(page: tuple[FlaskClient, Runtime, str], change: str) -> None:
    """Nobody chooses for somebody else; a link that stops mail is no key to this page."""
    client, runtime, path = page
    assert client.get(path[:-3] + change).status_code == 404
    assert client.post(path[:-3] + change, data={}).status_code == 404
    other = unsubscribe_url(runtime, WORKSPACE, "dana@example.com").rsplit("/", 1)[1]
    assert client.get(f"/p/{other}").status_code == 404
    assert _said(runtime) == set()
