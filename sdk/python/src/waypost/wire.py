"""Pure: records to events to request bodies, and what an answer means. No I/O, no clock, no dice."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from waypost.errors import InvalidEventError
from waypost.transport import Response
from waypost.version import VERSION

# (kind, user_id, name, payload, account_id, when, message_id, context, role, number): a plain tuple, because
# making anything else costs the caller more than the rest of the call. `name` is the event's or page's name.
Record = tuple[Any, Any, Any, Any, Any, Any, Any, Any, Any, int]

REFUSED_CALL = "refused"  # the kind of a record whose arguments could not even be copied
MESSAGE_ID_CHARS = 100
LONGEST_WAIT_SECONDS = 3600.0  # no Retry-After is obeyed for longer
_LIBRARY: dict[str, Any] = {"library": {"name": "waypost-python", "version": VERSION}}
_CIRCULAR = "Circular reference detected"


class Verdict(Enum):
    """What to do with a batch after an answer."""

    DELIVERED = "delivered"
    RETRY = "retry"
    SPLIT = "split"
    DROP = "drop"


def verdict_on(status: int) -> Verdict:
    """Say what an HTTP status means for the batch that got it."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == 413:
        return Verdict.SPLIT
    if status in (408, 429) or status >= 500:
        return Verdict.RETRY
    return Verdict.DROP


def retry_after_seconds(response: Response, now: float) -> float | None:
    """Return how long the server asked us to wait, None if it did not; `now` is seconds since 1970."""
    text = (response.retry_after or "").strip()
    if response.status not in (429, 503) or not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT_SECONDS)
    from email.utils import parsedate_to_datetime  # here: dates are rare, and its import is slow

    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return min(max(0.0, at - now), LONGEST_WAIT_SECONDS)


def backoff_seconds(attempt: int, *, base: float, cap: float, dice: Callable[[], float]) -> float:
    """Full jitter: anything from 0 to the doubled wait, so that clients that failed together spread out."""
    return dice() * min(cap, base * 2.0 ** min(attempt, 30))


def rejected_codes(body: bytes) -> list[str]:
    """Return the code of each event the server refused from a batch it took."""
    if b'"rejected":[]' in body:  # the usual answer; no need to parse it
        return []
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):  # another Segment-compatible server: a 200 is all it says
        return []
    rejected = answer.get("rejected") if isinstance(answer, dict) else None
    if not isinstance(rejected, list):
        return []
    return [str(item.get("code", "unknown")) if isinstance(item, dict) else "unknown" for item in rejected]


def event_json(record: Record, prefix: str) -> str:
    """Return one event as JSON; raise `InvalidEventError` if it can never be one."""
    event = _event(record, prefix)
    try:
        return _encode(event)
    except ValueError as error:
        if str(error).startswith(_CIRCULAR):
            raise InvalidEventError("properties contain themselves") from error
        return _encode(_finite(event))  # NaN or Infinity: JSON has neither, so null


def envelope(events: Sequence[str], *, sent_at: float, dropped: Mapping[str, int]) -> bytes:
    """Return a request body around encoded events; `dropped` tells the server what it will never see."""
    context = {**_LIBRARY, "dropped": dict(dropped)} if dropped else _LIBRARY
    body = f'{{"sentAt":"{iso(sent_at)}","context":{_encode(context)},"batch":[{",".join(events)}]}}'
    return body.encode("ascii")  # the encoder escapes everything else


def chunks(events: Sequence[str], most_bytes: int) -> Iterator[list[str]]:
    """Yield the events in order, in pieces of at most `most_bytes` (a larger single event goes alone)."""
    chunk: list[str] = []
    size = 0
    for event in events:
        if chunk and size + len(event) + 1 > most_bytes:
            yield chunk
            chunk, size = [], 0
        chunk.append(event)
        size += len(event) + 1
    if chunk:
        yield chunk


def iso(seconds: float) -> str:
    """Return seconds since 1970 as ISO 8601 UTC with milliseconds."""
    return f"{_to_the_second(int(seconds // 1))}.{int(seconds % 1 * 1000):03d}Z"


@lru_cache(maxsize=64)  # a batch spans few seconds, and formatting is half the cost of a small event
def _to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _event(record: Record, prefix: str) -> dict[str, Any]:
    kind, user_id, name, payload, account_id, when, message_id, context, role, number = record
    if kind == REFUSED_CALL:
        raise InvalidEventError(str(name))
    event: dict[str, Any] = {
        "type": kind,
        "messageId": f"{prefix}-{number}" if message_id is None else _text(message_id, "message_id"),
        "timestamp": iso(when) if type(when) is float else _moment(when),
        "userId": _text(user_id, "user_id"),
    }
    if len(event["messageId"]) > MESSAGE_ID_CHARS:
        raise InvalidEventError(f"message_id is longer than {MESSAGE_ID_CHARS} characters")
    around = dict(context) if context else {}
    if kind == "group":
        event["groupId"] = _text(account_id, "account_id")
        around |= {"traits": {"role": role}} if role is not None else {}
    elif account_id is not None:
        around["groupId"] = _text(account_id, "account_id")
    if kind in ("track", "page"):
        event["event" if kind == "track" else "name"] = _text(name, "event" if kind == "track" else "name")
        event["properties"] = payload or {}
    else:
        named_role = kind == "identify" and role is not None
        event["traits"] = {**(payload or {}), "role": role} if named_role else payload or {}
    if around:
        event["context"] = around
    return event


def _text(value: Any, argument: str) -> str:
    if type(value) is str and value:
        return value
    if isinstance(value, bool) or value is None or value == "":
        raise InvalidEventError(f"{argument} is missing")
    if isinstance(value, str | int):
        return str(value)
    if type(value).__name__ == "UUID":
        return str(value)
    raise InvalidEventError(f"{argument} must be a string, not {type(value).__name__}")


def _moment(when: Any) -> str:
    """Datetimes without a zone are read as UTC; numbers are seconds since 1970; strings go as they are."""
    if isinstance(when, datetime):
        aware = when if when.tzinfo else when.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(when, str) and when:
        return when
    if isinstance(when, int | float) and not isinstance(when, bool):
        try:
            return iso(float(when))
        except (OverflowError, ValueError, OSError) as error:
            raise InvalidEventError("timestamp is out of range") from error
    raise InvalidEventError(f"timestamp must be a datetime, not {type(when).__name__}")


def _plain(value: Any) -> Any:
    """Stand in for what JSON does not know."""
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return list(value)
    return str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


_encode = json.JSONEncoder(separators=(",", ":"), default=_plain, allow_nan=False).encode
