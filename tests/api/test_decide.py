"""decide, claim and explain over HTTP, with real keys, on both databases."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.apps import make_app
from tests.builders import TOKEN_SECRET, WORKSPACE, Clock, add_key, add_workspace
from tests.services.decide_rig import FixedReleases, add_person, make_definitions, make_nudge
from waypost_server.domain.definitions import Action, Content, Where
from waypost_server.domain.theme import Theme
from waypost_server.store.database import Database
from waypost_server.store.tables import Key, Workspace

HELLO = make_nudge(
    where=Where(path="/a/*", anchor="launch", delay_seconds=2),
    content={
        "en": Content(
            "Hello {{ user.role }}",
            "Do **this**.",
            actions=(Action("Go", url="/a/new"), Action("Help", event="help")),
            why="Because.",
            progress="setup",
        )
    },
)


class Api:
    """A client with keys over a release given by the test."""

    def __init__(self, url: str, database: Database) -> None:
        add_workspace(database)
        add_person(database)
        self.database = database
        self.secret, self.public = add_key(database, "secret").text, add_key(database, "public").text
        app = make_app(url)
        self.releases = FixedReleases()
        self.releases.put(make_definitions(HELLO, make_nudge("viewers", audience={"user.role": "viewer"})))
        app.extensions["waypost"] = replace(app.extensions["waypost"], releases=self.releases)
        self.client: FlaskClient = app.test_client()

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            path, json=body, headers={"Authorization": f"Bearer {key or self.secret}", **named}
        )

    def produce(self) -> None:
        """Make the workspace a production one."""
        with self.database.write() as session:
            session.get_one(Workspace, WORKSPACE).mode = "production"


@pytest.fixture
def api(database_url: str, database: Database) -> Api:
    return Api(database_url, database)


def token(user: str = "u1", **claims: Any) -> str:
    values = {"sub": user, "aud": WORKSPACE, "exp": int(time.time()) + 600, **claims}
    return jwt.encode(values, TOKEN_SECRET, algorithm="HS256")


def test_the_answer_has_the_documented_shape(api: Api) -> None:
    """Every field of the contract, with the content as typed nodes."""
    answer = api.post("/v1/decide", {"userId": "u1", "accountId": "acme", "context": {"locale": "de-DE"}})
    assert answer.status_code == 200 and answer.headers["ETag"]
    assert answer.get_json() == {
        "userId": "u1", "accountId": "acme", "release": 1, "ttl": 300,
        "nudges": [{
            "key": "hello", "surface": "tooltip", "kind": "interrupting", "release": 1,
            "where": {"path": "/a/*", "anchor": "launch", "delay_seconds": 2},
            "content": {
                "lang": "en", "dir": "ltr", "title": "Hello admin",
                "body": [{"t": "p", "c": [
                    {"t": "text", "v": "Do "}, {"t": "strong", "c": [{"t": "text", "v": "this"}]},
                    {"t": "text", "v": "."},
                ]}],
                "progress": {"done": 0, "total": 2},
                "actions": [
                    {"label": "Go", "url": "/a/new", "primary": True}, {"label": "Help", "event": "help"},
                ],
                "why": "Because.",
            },
        }],
        "feed": [],
    }  # fmt: skip


def test_an_unchanged_answer_is_304(api: Api) -> None:
    """If-None-Match with the last ETag gets no body; a new release gets a new one."""
    first = api.post("/v1/decide", {"userId": "u1"})
    again = api.post("/v1/decide", {"userId": "u1"}, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    api.releases.put(make_definitions(make_nudge("new")), number=2)
    assert api.post("/v1/decide", {"userId": "u1"}, If_None_Match=first.headers["ETag"]).status_code == 200


def test_the_look_of_the_workspace_travels_with_its_nudges(api: Api) -> None:
    """Only where policy.yaml has a theme, and only with something to show."""
    assert "theme" not in api.post("/v1/decide", {"userId": "u1"}).get_json()
    policy = replace(make_definitions().policy, theme=Theme(radius=4))
    api.releases.put(make_definitions(policy=policy), number=2)
    assert api.post("/v1/decide", {"userId": "u1"}).get_json()["theme"] == {"radius": "4px"}
    api.releases.put(make_definitions(make_nudge(is_paused=True), policy=policy), number=3)
    assert "theme" not in api.post("/v1/decide", {"userId": "u1"}).get_json()


def test_claim_once_then_held(api: Api) -> None:
    """200 with an offer, the same again, then 409 with reason and numbers for another tab."""
    body = {"userId": "u1", "accountId": "acme", "nudge": "hello", "release": 1, "claimId": "claim-0001"}
    first = api.post("/v1/claim", body, api.public)
    assert first.status_code == 200 and first.get_json()["granted"] is True
    assert first.get_json()["expiresAt"].endswith("Z")
    assert api.post("/v1/claim", body, api.public).get_json() == first.get_json()
    other = api.post("/v1/claim", {**body, "claimId": "claim-0002"}, api.public)
    assert (other.status_code, other.mimetype) == (409, "application/problem+json")
    assert (other.get_json()["code"], other.get_json()["reason"]) == ("held", "claimed_elsewhere")
    assert other.get_json()["detail"]["open"] == 1


@pytest.mark.parametrize("began", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon", 7])
def test_a_session_that_began_at_no_time_is_as_good_as_none(api: Api, began: Any) -> None:
    """A browser's clock may say anything; the nudge is shown and claimed all the same."""
    context = {"sessionStartedAt": began}
    shown = api.post("/v1/decide", {"userId": "u1", "context": context})
    assert [each["key"] for each in shown.json["nudges"]] == ["hello"]
    wish = {"userId": "u1", "nudge": "hello", "claimId": "claim-0001", "context": context}
    assert api.post("/v1/claim", wish).json["granted"] is True


def test_production_needs_the_token_of_that_very_user(api: Api) -> None:
    """With the public key alone nobody reads anything; a token opens its own user only."""
    api.produce()
    body = {"userId": "u1", "accountId": "acme"}
    refused = api.post("/v1/decide", body, api.public)
    assert (refused.status_code, refused.get_json()["code"]) == (401, "token_required")
    assert (
        api.post("/v1/claim", {**body, "nudge": "hello", "claimId": "claim-0001"}, api.public).status_code
        == 401
    )
    assert api.post("/v1/decide", {**body, "userToken": token("u2")}, api.public).status_code == 401
    good = api.post("/v1/decide", {**body, "userToken": token()}, api.public)
    assert [each["key"] for each in good.get_json()["nudges"]] == ["hello"]
    header = api.post("/v1/decide", body, api.public, X_Waypost_User_Token=token())
    assert header.get_json() == good.get_json()


def test_production_shows_no_facts_of_a_foreign_account(api: Api) -> None:
    """A verified person who names an account they are not in gets nothing of it, unless the token says so."""
    api.produce()
    add_person(api.database, "u9", "globex", plan="secret-plan")
    api.releases.put(make_definitions(make_nudge(audience={"account.plan": "secret-plan"})))
    body = {"userId": "u1", "accountId": "globex"}
    assert api.post("/v1/decide", {**body, "userToken": token()}, api.public).get_json()["nudges"] == []
    granted = api.post("/v1/decide", {**body, "userToken": token(grp="globex")}, api.public)
    assert len(granted.get_json()["nudges"]) == 1
    wrong = api.post("/v1/decide", {**body, "userToken": token(grp="acme")}, api.public)
    assert wrong.status_code == 401


def test_explain_takes_a_moment(api: Api) -> None:
    """`at` asks about the past; a time nobody can read, or one to come, is refused with the remedy."""

    def ask(at: str) -> Any:
        bearer = {"Authorization": f"Bearer {api.secret}"}
        return api.client.get(f"/v1/explain?userId=u1&accountId=acme&at={at}", headers=bearer)

    then = ask("2026-11-01T10:00:00%2B01:00")
    assert then.status_code == 200 and then.json["at"] == "2026-11-01T09:00:00Z" and then.json["past"] is True
    assert ask("2026-11-01T10:00:00+01:00").json["at"] == "2026-11-01T09:00:00Z"
    for wrong, code in (("soon", "bad_time"), ("2199-01-01", "not_yet")):
        refused = ask(wrong)
        assert refused.status_code == 400 and refused.json["code"] == code


def test_explain_needs_a_secret_key(api: Api) -> None:
    """Reasons and facts are for the backend: on decide and on explain alike."""
    body = {"userId": "u1", "explain": True}
    assert api.post("/v1/decide", body, api.public).status_code == 403
    held = api.post("/v1/decide", body).get_json()["held"]
    assert [(each["key"], each["reason"]) for each in held] == [("viewers", "audience")]
    path = "/v1/explain?userId=u1&accountId=acme"
    refused = api.client.get(path, headers={"Authorization": f"Bearer {api.public}"})
    assert refused.status_code == 403
    found = api.client.get(path, headers={"Authorization": f"Bearer {api.secret}"}).get_json()
    assert [(each["key"], each["verdict"]) for each in found["nudges"]] == [
        ("hello", "eligible"),
        ("viewers", "held"),
    ]
    assert found["nudges"][1]["audience"]["seen"] == "admin"
    one = api.client.get(f"{path}&nudge=none", headers={"Authorization": f"Bearer {api.secret}"})
    assert one.status_code == 404


def test_browsers_may_call(api: Api) -> None:
    """Preflights are answered, and errors too carry the header that lets a page read them."""
    for path in ("/v1/decide", "/v1/claim"):
        preflight = api.client.options(path, headers={"Origin": "https://shop.example"})
        assert preflight.status_code == 204
        assert "x-waypost-user-token" in preflight.headers["Access-Control-Allow-Headers"]
        assert preflight.headers["Access-Control-Max-Age"] == "7200"
        refused = api.client.post(path, data="{", headers={"Origin": "https://shop.example"})
        assert refused.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in refused.headers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{}", 400),
        (b'{"userId": 5}', 400),
        (b'{"userId": ""}', 400),
        (b'{"userId": "a\\u0000b"}', 400),
        (b'{"userId": "\xff"}', 400),
        (b'{"userId": "u1", "context": []}', 400),
        (b'{"userId": "' + b"a" * 20_000 + b'"}', 413),
        (b"[" * 10_000, 400),
    ],
)
def test_bad_bodies_are_told_so(api: Api, body: bytes, status: int) -> None:
    """Never a 5xx: a 4xx problem with a code and a sentence."""
    answer = api.client.post("/v1/decide", data=body, headers={"Authorization": f"Bearer {api.secret}"})
    assert answer.status_code == status
    assert answer.get_json()["code"] and answer.get_json()["message"]


def test_no_release_yet_is_an_empty_answer(api: Api) -> None:
    """Before the first publish nobody gets a nudge, and nothing fails."""
    api.releases.by_workspace.clear()
    assert api.post("/v1/decide", {"userId": "u1"}).get_json()["nudges"] == []
    refused = api.post("/v1/claim", {"userId": "u1", "nudge": "hello", "claimId": "claim-0001"})
    assert refused.get_json()["reason"] == "not_published"


def test_a_revoked_key_stops_within_five_seconds(api: Api) -> None:
    """However often it was used in between: what is remembered about a header ages from when the key was read."""
    clock = Clock(datetime.now(UTC))
    extensions = api.client.application.extensions
    extensions["waypost"] = replace(extensions["waypost"], clock=clock)
    assert api.post("/v1/decide", {"userId": "u1"}).status_code == 200
    with api.database.write() as session:
        session.execute(update(Key).values(revoked_at=clock()))
    for seconds in (2, 2.5):
        clock.move(seconds=seconds)
        assert api.post("/v1/decide", {"userId": "u1"}).status_code == 200
    clock.move(seconds=1)
    refused = api.post("/v1/decide", {"userId": "u1"})
    assert (refused.status_code, refused.get_json()["code"]) == (401, "key_revoked")


def test_a_funnel_counts_everybody(api: Api) -> None:
    """Users by gate, examples and shares, to a secret key; `expected` puts the shares beside the explanation."""
    bearer = {"Authorization": f"Bearer {api.secret}"}
    found = api.client.get("/v1/nudges/viewers/funnel", headers=bearer).get_json()
    assert (found["users"], found["lookedAt"], found["exact"], found["eligible"]["users"]) == (1, 1, True, 0)
    stopped = [each for each in found["gates"] if each["users"]]
    samples = [{"userId": "u1", "accountId": "acme"}]
    assert stopped == [{"gate": "audience", "users": 1, "low": 1, "high": 1, "samples": samples}]
    assert [(each["path"], each["expected"]) for each in found["leaves"]] == [("user.role", 0.0)]
    refused = api.client.get("/v1/nudges/viewers/funnel", headers={"Authorization": f"Bearer {api.public}"})
    assert refused.status_code == 403
    assert api.client.get("/v1/nudges/none/funnel", headers=bearer).status_code == 404
    path = "/v1/explain?userId=u1&nudge=viewers"
    told = api.client.get(f"{path}&expected=true", headers=bearer).get_json()["nudges"][0]
    assert told["audience"]["expected"] == 0.0
    assert "expected" not in api.client.get(path, headers=bearer).get_json()["nudges"][0]["audience"]
