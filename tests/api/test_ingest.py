"""Ingest over HTTP: what is stored, what is refused, and what the answer says."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.api.ingest_rig import Rig
from tests.builders import add_key, add_workspace, make_event


@pytest.fixture
def rig(database_url: str) -> Iterator[Rig]:
    """A development workspace on each database."""
    rig = Rig(database_url)
    yield rig
    rig.close()


def test_a_batch_is_stored_and_answered_with_counts(rig: Rig) -> None:
    """Exactly 200 with the counts; repeating the batch stores nothing more."""
    events = [make_event(messageId=f"a{i}") for i in range(3)]
    first = rig.batch(*events)
    assert (first.status_code, first.json) == (
        200,
        {"success": True, "accepted": 3, "duplicate": 0, "rejected": []},
    )
    again = rig.batch(*events)
    assert again.json == {"success": True, "accepted": 0, "duplicate": 3, "rejected": []}
    assert rig.one("select count(*) from event") == 3


CALLS = {
    "track": ("t", {"event": "Used"}),
    "identify": ("i", {"traits": {"email": "a@example.com"}}),
    "group": ("g", {"groupId": "acme", "traits": {"plan": "growth"}}),
    "page": ("p", {"name": "Home"}),
    "screen": ("s", {"name": "Home"}),
    "alias": ("a", {"previousId": "anon-1"}),
}


def test_every_call_has_a_long_and_a_short_route(rig: Rig) -> None:
    """The route is the type; the body needs none."""
    for call, (short, body) in CALLS.items():
        for path in (call, short):
            answer = rig.post(path, {"userId": "u1", "messageId": f"{call}-{path}", **body})
            assert (answer.status_code, answer.json["accepted"]) == (200, 1), answer.json
    found = rig.rows("select type, count(*) from event group by type order by type")
    assert found == [(call, 2) for call in sorted(CALLS)]


def test_import_marks_its_events_as_historical(rig: Rig) -> None:
    """The body keeps that it came by import, and folds all the same."""
    rig.post("import", {"batch": [make_event(messageId="h1", timestamp="2024-02-29T12:00:00Z")]})
    assert json.loads(rig.one("select body from event"))["historical"] is True
    assert rig.one("select first_day from end_user") in ("2024-02-29", date(2024, 2, 29))


def test_bad_events_are_refused_one_by_one(rig: Rig) -> None:
    """The neighbours of a bad event are stored; the bad one is kept with its reason."""
    answer = rig.batch(
        make_event(messageId="ok"), {"type": "track"}, 7, make_event(userId="null", messageId="n")
    )
    assert answer.status_code == 200
    assert answer.json["accepted"] == 1
    found = [(each["index"], each["messageId"], each["code"]) for each in answer.json["rejected"]]
    assert found == [
        (1, None, "event_missing"),
        (2, None, "not_an_object"),
        (3, "n", "id_denied"),
    ] or found == [
        (1, None, "user_id_missing"),
        (2, None, "not_an_object"),
        (3, "n", "id_denied"),
    ]
    assert rig.one("select count(*) from quarantine") == 3
    assert rig.rows("select sum(accepted), sum(duplicate), sum(quarantined) from ingest_day") == [(1, 0, 3)]


def test_strict_mode_stores_nothing_when_anything_is_refused(rig: Rig) -> None:
    """A test suite or CI can ask to fail instead."""
    answer = rig.post("batch", {"batch": [make_event(), {}]}, X_Strict_Mode="1")
    assert (answer.status_code, answer.json["code"]) == (400, "events_rejected")
    assert answer.json["errors"][0]["pointer"] == "/batch/1"
    assert rig.one("select count(*) from event") == rig.one("select count(*) from quarantine") == 0
    assert rig.post("batch", {"batch": [make_event()]}, X_Strict_Mode="1").status_code == 200


def test_a_batch_holds_2500_events_and_the_rest_is_refused_by_name(rig: Rig) -> None:
    """Nothing beyond the limit is dropped silently."""
    small = [{"type": "page", "userId": "u1", "messageId": f"b{i}"} for i in range(2_502)]
    answer = rig.batch(*small)
    assert (answer.status_code, answer.json["accepted"]) == (200, 2_500)
    assert [each["code"] for each in answer.json["rejected"]] == ["batch_too_long"] * 2
    assert rig.batch().json == {"success": True, "accepted": 0, "duplicate": 0, "rejected": []}


def test_the_body_limit_is_exact_and_holds_after_inflating(rig: Rig) -> None:
    """512 KB are read, on the wire and inflated; one byte more is 413 before anything is stored."""
    body = json.dumps({"batch": [], "pad": ""})
    fits = body.replace('""', '"' + "x" * (512 * 1024 - len(body)) + '"').encode()
    assert rig.post("batch", fits).status_code == 200
    assert rig.post("batch", gzip.compress(fits), Content_Encoding="gzip").status_code == 200
    over = fits.replace(b"xx", b"xxx", 1)
    for data, extra in ((over, {}), (gzip.compress(over), {"Content_Encoding": "gzip"})):
        answer = rig.post("batch", data, **extra)
        assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    bomb = gzip.compress(b" " * 50_000_000)
    assert rig.post("batch", bomb, Content_Encoding="gzip").status_code == 413


def test_gzip_is_one_whole_member(rig: Rig) -> None:
    """Cut, doubled, nested and false gzip are refused; other encodings are not spoken."""
    body = gzip.compress(json.dumps({"batch": [make_event()]}).encode())
    assert rig.post("batch", body, Content_Encoding="gzip").json["accepted"] == 1
    for data in (body[:-5], body + body, body + b"x", b"no gzip", gzip.compress(body)):
        assert rig.post("batch", data, Content_Encoding="gzip").status_code == 400
    for encoding in ("br", "zstd", "deflate", "gzip, gzip"):
        assert rig.post("batch", body, Content_Encoding=encoding).status_code == 415
    assert rig.post("batch", b"a=b", Content_Type="multipart/form-data; boundary=x").status_code == 415


def test_text_plain_is_json(rig: Rig) -> None:
    """Segment's browser client avoids a preflight this way."""
    data = json.dumps({"batch": [make_event()]})
    assert rig.post("batch", data, Content_Type="text/plain;charset=UTF-8").json["accepted"] == 1


BODIES = (
    (b"", 400),
    (b"[]", 400),
    (b"null", 400),
    (b"{}", 400),
    (b'{"batch": {}}', 400),
    (b'{"batch": [], "context": 7}', 400),
    (b'{"batch": []} x', 400),
    (b"\xef\xbb\xbf" + b'{"batch": []}', 400),
    ('{"batch": []}'.encode("utf-16"), 400),
    (b'{"batch": ["\xff"]}', 400),
    (b'{"batch": ["\xed\xa0\x80"]}', 400),
    (b'{"batch": [NaN, Infinity, -Infinity, 1e400, ' + b"9" * 5_000 + b"]}", 200),
    (b'{"batch": [01]}', 400),
    (b'{"batch": [' + b"[" * 100_000, 400),
    (b'{"batch": ' + b"[" * 127 + b"]" * 127 + b"}", 200),
    (b'{"batch": ' + b"[" * 128 + b"]" * 128 + b"}", 400),
    (b'{"batch": [], "x": ' + b"[" * 127 + b"]" * 127 + b"}", 200),
    (b'{"batch": [], "x": ' + b"[" * 128 + b"]" * 128 + b"}", 400),
    (b'{"batch": [], "batch": [], "sentAt": {"a": NaN}}', 200),
)


def test_any_bytes_are_200_or_400(rig: Rig) -> None:
    """No body is a 5xx, and every refusal has a code and a message."""
    for body, status in BODIES:
        answer = rig.post("batch", body)
        assert answer.status_code == status, body[:60]
        assert status == 200 or (answer.json["code"] and answer.json["message"])


def test_bare_nan_of_old_python_clients_is_null(rig: Rig) -> None:
    """The event is stored, the number is null, and the body says so."""
    event = json.dumps(make_event(properties={"ratio": float("nan"), "n": 10**400}))
    assert rig.post("batch", f'{{"batch": [{event}]}}').json["accepted"] == 1
    body = json.loads(rig.one("select body from event"))
    assert (body["properties"]["ratio"], len(body["properties"]["n"])) == (None, 401)
    assert body["warnings"] == ["number_not_finite"]


def test_the_last_of_equal_keys_counts(rig: Rig) -> None:
    """As in JavaScript and Python."""
    rig.post("track", '{"userId":"a","userId":"b","event":"Used","messageId":"d1"}')
    assert rig.one("select user_id from event") == "b"


def test_the_key_may_be_in_header_body_or_event(rig: Rig) -> None:
    """Old Python clients send it in the body only, some in each event; it is never stored."""
    key = rig.secret.text
    for body in (
        {"batch": [make_event()], "writeKey": key},
        {"batch": [make_event(writeKey=key)]},
    ):
        answer = rig.client.post("/v1/batch", json=body)
        assert (answer.status_code, answer.json["accepted"]) == (200, 1)
    assert rig.client.post("/v1/batch", json={"batch": [make_event()]}).status_code == 401
    mixed = {"batch": [make_event(writeKey=key), make_event(writeKey=rig.public.text)]}
    assert rig.client.post("/v1/batch", json=mixed).json["code"] == "keys_differ"
    assert key not in "".join(body for (body,) in rig.rows("select body from event"))


def test_a_wrong_key_is_refused_before_the_body_is_read(rig: Rig) -> None:
    """Ten megabytes from a stranger cost nothing."""

    class Untouched:
        def tell(self) -> int:
            return 0

        def seek(self, *_: object) -> int:
            return 0

        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

    answer = rig.client.post(
        "/v1/batch",
        input_stream=Untouched(),
        headers={"Authorization": "Bearer wp_sk_no", "Content-Length": "10000000"},
    )
    assert answer.status_code == 401


def test_browsers_may_call_from_anywhere(rig: Rig) -> None:
    """Preflight and answer carry the headers; Retry-After can be read."""
    assert rig.client.options("/v1/batch").headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in rig.batch().headers["Access-Control-Expose-Headers"]


def test_segments_browser_client_finds_its_settings(rig: Rig) -> None:
    """A known key gets the address to report to; an unknown one 401."""
    answer = rig.client.get(f"/v1/projects/{rig.public.text}/settings")
    assert answer.json["integrations"]["Segment.io"]["apiKey"] == rig.public.text
    assert rig.client.get("/v1/projects/wp_pk_x/settings").status_code == 401


def test_one_message_id_in_two_workspaces_is_two_events(rig: Rig) -> None:
    """The key of an event belongs to its workspace; within it the first body stays."""
    add_workspace(rig.database, "other")
    other = add_key(rig.database, workspace_id="other")
    rig.batch(make_event(messageId="same", event="First"))
    assert rig.batch(make_event(messageId="same", event="Second")).json["duplicate"] == 1
    rig.post("batch", {"batch": [make_event(messageId="same")]}, key=other.text)
    assert rig.one("select count(*) from event") == 2
    assert rig.one("select name from event where workspace_id = 'acme-prod'") == "First"


def test_an_event_the_database_refuses_does_not_cost_its_neighbours(rig: Rig, monkeypatch: Any) -> None:
    """Row by row under savepoints: the culprit goes to the quarantine, the others are stored."""
    monkeypatch.setattr("waypost_server.domain.events.normalised", lambda value, _: value)
    answer = rig.batch(
        make_event(messageId="a"),
        make_event(messageId="b", type="identify", traits={"role": "x\0é"}),
        make_event(messageId="c"),
    )
    assert answer.status_code == 200
    if rig.database.is_sqlite:
        assert answer.json["accepted"] == 3  # SQLite stores what PostgreSQL refuses
    else:
        assert [(each["index"], each["code"]) for each in answer.json["rejected"]] == [(1, "not_storable")]
        assert rig.one("select count(*) from event") == 2
        assert rig.rows("select sum(accepted), sum(quarantined) from ingest_day") == [(2, 1)]
