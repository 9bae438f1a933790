"""One event: what is accepted, what is made storable, what is refused and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from waypost_server.domain.clock_skew import clock_skew, corrected, parse_time
from waypost_server.domain.events import Envelope, Event, TooDeepError, read_event
from waypost_server.domain.rejection import RejectedError

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def encode(value: Any) -> bytes:
    """Compact JSON, as the server writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def read(raw: Any, **envelope: Any) -> Event:
    """Read one event that came now."""
    return read_event(raw, Envelope(received_at=NOW, **envelope), encode=encode, new_id=lambda: "made")


def track(**changes: Any) -> dict[str, Any]:
    """A valid track event."""
    return {"type": "track", "event": "Used", "userId": "u1", "messageId": "m1", **changes}


def nested(levels: int) -> Any:
    """An object of `levels` levels."""
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def code_of(raw: Any, **envelope: Any) -> str | None:
    """The code an event is refused with, or None."""
    try:
        read(raw, **envelope)
    except RejectedError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("text", "not_an_object"),
        (None, "not_an_object"),
        (track(type="purchase"), "type_unknown"),
        (track(type=None), "type_unknown"),
        (track(type=["track"]), "type_unknown"),
        (track(event=None), "event_missing"),
        (track(event=""), "event_missing"),
        (track(event=7), "event_missing"),
        (track(userId=None), "user_id_missing"),
        (track(userId=None, anonymousId="a1"), None),
        (track(properties=[]), "properties_type"),
        (track(properties=None), None),
        (track(context="x"), "context_type"),
        ({"type": "identify", "userId": "u1", "traits": 7}, "traits_type"),
        ({"type": "group", "userId": "u1"}, "group_id_missing"),
        ({"type": "alias", "userId": "u1"}, "previous_id_missing"),
        ({"type": "page", "userId": "u1"}, None),
        (track(messageId="x" * 100), None),
        (track(messageId="x" * 101), "message_id_too_long"),
        (track(event="x" * 150), None),
        (track(event="x" * 151), "name_too_long"),
        (track(properties={"k" * 150: 1}), None),
        (track(properties={"k" * 151: 1}), "key_too_long"),
        (track(properties={"é" * 75: 1}), None),
        (track(properties={"é" * 76: 1}), "key_too_long"),
        (track(properties={f"k{i}": 1 for i in range(300)}), None),
        (track(properties={f"k{i}": 1 for i in range(301)}), "too_many_properties"),
        (track(properties={"k": "x" * 8192}), None),
        (track(properties={"k": "x" * 8193}), "value_too_large"),
        (track(properties={"k": nested(14)}), None),
        (track(properties={"k": nested(15)}), "event_too_deep"),
        (track(properties={"\ud800": 1}), "key_surrogate"),
        (track(context={"groupId": "null"}), "id_denied"),
        (track(context={"groupId": ""}), None),
    ],
)
@pytest.mark.parametrize("plain", [True, False])
def test_each_rule_has_its_code(raw: Any, code: str | None, plain: bool) -> None:
    """The quick and the careful reading give the same verdict."""
    if plain and not json.dumps(raw, ensure_ascii=False).isascii():
        plain = False  # the quick reading is for ASCII bodies only
    assert code_of(raw, plain=plain) == code


@pytest.mark.parametrize(
    ("user_id", "code"),
    [
        *(
            (text, "id_denied")
            for text in ("null", "NULL", "undefined", "0", "guest", "Anonymous", "NaN", "")
        ),
        *((text, "id_denied") for text in ("[object Object]", "true", "false", " null ")),
        (0, "id_denied"),
        (True, "id_denied"),
        ({}, "id_type"),
        (["u1"], "id_type"),
        ("x" * 10_240, "id_too_long"),
        ("x" * 255, None),
        ("x" * 256, "id_too_long"),
        ("u\u200b1", "id_invisible"),
        ("u\u202e1", "id_invisible"),
        ("u\x00", "id_invisible"),
        ("\ud800", "id_invisible"),
        ("用户", None),
    ],
)
def test_ids_that_name_nobody_are_refused(user_id: Any, code: str | None) -> None:
    """A placeholder as id would glue strangers into one person."""
    assert code_of(track(userId=user_id)) == code
    assert code_of({"type": "group", "userId": "u1", "groupId": user_id}) == code


def test_ids_are_one_however_they_are_written() -> None:
    """Composed and decomposed accents are the same person; numbers become text."""
    assert read(track(userId="jose\u0301")).user_id == read(track(userId="josé")).user_id == "josé"
    assert read(track(userId=4711)).user_id == "4711"
    assert read(track(userId=4711.0)).user_id == "4711"


def test_what_cannot_be_stored_is_changed_and_said() -> None:
    """NUL, half characters, NaN and huge numbers become storable; the body says which."""
    event = read(track(properties={"a": "x\0y", "b": "\ud800z", "c": float("nan"), "d": 2**53, "e\0": -0.0}))
    assert event.properties == {"a": "xy", "b": "\ufffdz", "c": None, "d": "9007199254740992", "e": 0.0}
    assert json.loads(event.body)["warnings"] == [
        "integer_as_text",
        "nul_removed",
        "number_not_finite",
        "surrogate_replaced",
    ]


def test_keys_that_matter_to_javascript_are_plain_data() -> None:
    """`__proto__` and its friends are names like any other."""
    names = {"__proto__": {"x": 1}, "constructor": 1, "toString": 2}
    assert json.loads(read(track(properties=names)).body)["properties"] == names


def test_depth_of_the_event_and_of_the_body() -> None:
    """Up to 16 levels are stored, up to 128 refused one by one, beyond that the body is refused."""
    assert code_of(nested(16)) == "type_unknown"
    assert code_of(nested(17)) == "event_too_deep"
    assert code_of(nested(126)) == "event_too_deep"
    with pytest.raises(TooDeepError):
        read(nested(127))
    assert code_of(nested(128), depth=128) == "event_too_deep"
    with pytest.raises(TooDeepError):
        read(nested(129), depth=128)


def test_the_size_limit_is_exact() -> None:
    """32,768 bytes as compact JSON are taken, one more is not."""
    frame = len(encode(track(properties={f"k{i}": "" for i in range(5)})))
    room = 32_768 - frame
    parts = {f"k{i}": "x" * 8_000 for i in range(4)} | {"k4": "x" * (room - 32_000)}
    assert len(read(track(properties=parts)).body) == 32_768
    parts["k4"] += "x"
    assert code_of(track(properties=parts)) == "event_too_large"


def test_the_key_and_the_token_are_never_stored() -> None:
    """Whoever may read events may not become their sender."""
    body = json.loads(read(track(writeKey="wp_sk_secret", userToken="jwt")).body)
    assert "writeKey" not in body and "userToken" not in body


def test_the_batch_context_lies_under_the_events_own() -> None:
    """A field of the event's context wins over the batch's."""
    event = read(track(context={"groupId": "own"}), context={"groupId": "batch", "app": "x"})
    assert (event.group_id, event.context) == ("own", {"groupId": "own", "app": "x"})


def test_a_missing_message_id_is_made_and_said() -> None:
    """Without an id nothing can be recognised as repeated, so the body carries a warning."""
    event = read(track(messageId=None))
    assert (event.message_id, json.loads(event.body)["warnings"]) == ("made", ["message_id_missing"])


@pytest.mark.parametrize("error", [timedelta(days=1), timedelta(days=-1), timedelta(minutes=3)])
def test_a_wrong_clock_is_corrected(error: timedelta) -> None:
    """What matters is how long before sending it happened, on whatever clock."""
    truth = NOW - timedelta(minutes=5)
    sent_at, happened = NOW + error, truth + error
    assert abs(corrected(happened, clock_skew(sent_at, NOW), NOW) - truth) <= timedelta(seconds=2)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, NOW),
        ("garbage", NOW),
        ({}, NOW),
        (True, NOW),
        (1e308, NOW),
        (10**30, NOW),
        ("9999-12-31T23:59:59Z", NOW),
        ("2100-02-29T00:00:00Z", NOW),
        (-5, datetime(1970, 1, 1, tzinfo=UTC)),
        ("1066-10-14T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-11-23T09:00:00", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        ("2026-11-23T09:00:00+02:00", datetime(2026, 11, 23, 7, tzinfo=UTC)),
        ("2026-11-22T23:59:60Z", datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)),
        (1_763_888_400, datetime(2025, 11, 23, 9, tzinfo=UTC)),
        (1_763_888_400_000, datetime(2025, 11, 23, 9, tzinfo=UTC)),
    ],
)
def test_any_timestamp_gives_a_time_that_is_not_in_the_future(given: Any, stored: datetime) -> None:
    """Unreadable times are the moment of receipt; nothing lies before 1970."""
    assert read(track(timestamp=given)).ts == stored


def test_a_time_that_overflows_when_corrected_stays_in_bounds() -> None:
    """The first and the last representable moments can be moved."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert corrected(first, timedelta(days=-1), NOW) == datetime(1970, 1, 1, tzinfo=UTC)
    assert corrected(last, timedelta(days=1), NOW) == NOW
    assert parse_time("0001-01-01T00:00:00+14:00") is None
