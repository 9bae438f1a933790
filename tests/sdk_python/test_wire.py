"""Events, envelopes and verdicts, without any I/O."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from waypost import wire
from waypost.errors import InvalidEventError
from waypost.transport import Response
from waypost.wire import Verdict

NOW = 1_795_406_400.25


def record(kind: str = "track", **changed: Any) -> wire.Record:
    fields: dict[str, Any] = {
        "kind": kind, "user_id": "u1", "name": "report_created", "payload": None, "account_id": None,
        "when": NOW, "message_id": None, "context": None, "role": None, "number": 7,
    }  # fmt: skip
    return tuple({**fields, **changed}.values())  # type: ignore[return-value]


def event(kind: str = "track", **changed: Any) -> dict[str, Any]:
    return json.loads(wire.event_json(record(kind, **changed), "p"))


def test_a_track_call_becomes_a_segment_event() -> None:
    """A track call has an id, a time, a user, a name, properties, and the account in its context."""
    assert event(payload={"n": 1}, account_id="acme") == {
        "type": "track",
        "messageId": "p-7",
        "timestamp": datetime.fromtimestamp(NOW, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "userId": "u1",
        "event": "report_created",
        "properties": {"n": 1},
        "context": {"groupId": "acme"},
    }


def test_the_role_travels_where_the_server_looks_for_it() -> None:
    """A role is a trait of an identify call, and a context trait of a group call."""
    assert event("identify", role="admin", account_id="a", payload={"x": 1})["traits"] == {
        "x": 1,
        "role": "admin",
    }
    grouped = event("group", role="admin", account_id="a", payload={"plan": "pro"})
    assert (grouped["groupId"], grouped["traits"]) == ("a", {"plan": "pro"})
    assert grouped["context"] == {"traits": {"role": "admin"}}


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": None}, {"user_id": ""}, {"user_id": True}, {"user_id": 1.5}, {"user_id": ["u"]},
        {"name": None}, {"name": ""}, {"name": 5.0}, {"account_id": ""}, {"account_id": {}},
        {"when": True}, {"when": object()}, {"when": 10**400}, {"message_id": "x" * 101}, {"message_id": ""},
    ],
)  # fmt: skip
def test_arguments_that_can_never_be_an_event_are_invalid(changed: dict[str, Any]) -> None:
    """A missing or senseless argument is refused with the argument's name or range."""
    with pytest.raises((InvalidEventError, OverflowError)):
        event(**changed)


def test_times_are_sent_as_utc() -> None:
    """Aware times are converted, naive ones read as UTC, strings left alone."""
    berlin = timezone(timedelta(hours=1))
    assert event(when=datetime(2026, 1, 2, 3, 4, 5, tzinfo=berlin))["timestamp"] == "2026-01-02T02:04:05.000Z"
    assert event(when=datetime(2026, 1, 2, 3, 4, 5))["timestamp"] == "2026-01-02T03:04:05.000Z"
    assert event(when=0)["timestamp"] == "1970-01-01T00:00:00.000Z"
    assert event(when="2026-01-02")["timestamp"] == "2026-01-02"


def test_values_json_does_not_know_become_text() -> None:
    """Dates, sets and objects are written as text or lists; NaN and Infinity as null."""
    sent = event(
        payload={
            "day": date(2026, 1, 2), "at": datetime(2026, 1, 2, tzinfo=UTC), "set": {1}, "error": KeyError("k"),
            "nan": float("nan"), "deep": [{"inf": float("-inf"), "tuple": (1.5, float("nan"))}],
        }
    )["properties"]  # fmt: skip
    assert sent == {
        "day": "2026-01-02", "at": "2026-01-02T00:00:00.000Z", "set": [1], "error": "'k'",
        "nan": None, "deep": [{"inf": None, "tuple": [1.5, None]}],
    }  # fmt: skip


def test_properties_that_contain_themselves_are_invalid() -> None:
    """A circular value cannot be sent."""
    loop: dict[str, Any] = {}
    loop["self"] = loop
    with pytest.raises(InvalidEventError):
        event(payload=loop)


def test_chunks_keep_order_and_size() -> None:
    """Pieces hold every event once, in order, none above the limit unless it is alone."""
    events = ["a" * size for size in (10, 20, 30, 500, 5, 5)]
    pieces = list(wire.chunks(events, 65))
    assert [event for piece in pieces for event in piece] == events
    assert all(len(piece) == 1 or sum(len(event) + 1 for event in piece) <= 65 for piece in pieces)


def test_an_envelope_names_the_library_and_the_losses() -> None:
    """A body carries when it was sent, who sent it, and what was lost before."""
    body = json.loads(wire.envelope(['{"a":1}', "{}"], sent_at=0.5, dropped={"queue_full": 3}))
    assert body["batch"] == [{"a": 1}, {}]
    assert body["sentAt"] == "1970-01-01T00:00:00.500Z"
    assert body["context"]["library"]["name"] == "waypost-python"
    assert body["context"]["dropped"] == {"queue_full": 3}
    assert "dropped" not in json.loads(wire.envelope(["{}"], sent_at=0.5, dropped={}))["context"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED), (202, Verdict.DELIVERED), (301, Verdict.DROP), (400, Verdict.DROP),
        (401, Verdict.DROP), (404, Verdict.DROP), (408, Verdict.RETRY), (413, Verdict.SPLIT),
        (429, Verdict.RETRY), (500, Verdict.RETRY), (503, Verdict.RETRY), (599, Verdict.RETRY),
    ],
)  # fmt: skip
def test_a_status_decides_the_fate_of_a_batch(status: int, verdict: Verdict) -> None:
    """Only what may succeed later is tried again."""
    assert wire.verdict_on(status) is verdict


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "7", 7.0), (503, " 7 ", 7.0), (500, "7", None), (429, None, None), (429, "soon", None), (429, "-1", None),
        (429, "Thu, 01 Jan 1970 00:01:40 GMT", 90.0), (503, "Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        (429, "999999999999", 3600.0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(status: int, header: str | None, seconds: float | None) -> None:
    """Retry-After counts on 429 and 503 only, as seconds or date, never for longer than an hour."""
    assert wire.retry_after_seconds(Response(status, b"", header), 10.0) == seconds


def test_backoff_is_full_jitter_under_a_cap() -> None:
    """The wait is the dice times a doubling bound, and no attempt number overflows it."""
    waits = [wire.backoff_seconds(n, base=0.5, cap=30, dice=lambda: 1.0) for n in (0, 1, 2, 10, 10**6)]
    assert waits == [0.5, 1.0, 2.0, 30.0, 30.0]
    assert wire.backoff_seconds(3, base=0.5, cap=30, dice=lambda: 0.0) == 0.0


@pytest.mark.parametrize("body", [b"", b"ok", b"[]", b"{}", b'{"rejected":5}', b"[" * 100_000])
def test_a_strange_answer_to_an_accepted_batch_rejects_nothing(body: bytes) -> None:
    """A 2xx whose body says nothing we understand counts as taken."""
    assert wire.rejected_codes(body) == []
