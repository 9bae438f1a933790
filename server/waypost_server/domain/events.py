"""One event as it came in, checked and made storable. Segment's wire format."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from waypost_server.domain import clock_skew, limits
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.identifiers import read_id, read_message_id
from waypost_server.domain.normalise import depth, is_ordinary, normalised
from waypost_server.domain.rejection import RejectedError

TYPES = frozenset(("track", "identify", "group", "page", "screen", "alias"))
SECRET_FIELDS = ("writeKey", "userToken")  # ways to say who is calling; never stored
CONTROL = dict.fromkeys((*range(32), 127), " ")  # in a name; the log is written line by line
EMPTY: Mapping[str, Any] = {}


class TooDeepError(BadInputError):
    """The body nests deeper than any client has a reason for."""

    code = "too_deep"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What holds for every event of one request."""

    received_at: datetime
    skew: timedelta = clock_skew.NONE
    type: str | None = None  # of a single-event route
    context: Mapping[str, Any] = field(default_factory=dict)  # of the batch; the event's own wins
    historical: bool = False  # from the import route
    plain: bool = False  # the body is ASCII without escapes: its text needs no look
    depth: int = limits.DOCUMENT_DEPTH - 2  # levels left to an event inside the body
    warnings: frozenset[str] = frozenset()


class Event(NamedTuple):
    """An event ready to store. A tuple, because there are so many of them."""

    message_id: str
    type: str
    name: str  # of the event or page, '' for others
    user_id: str  # '' for an anonymous one
    group_id: str  # the account it names, '' when it names none
    ts: datetime  # when it happened, on our clock
    properties: Mapping[str, Any]
    traits: Mapping[str, Any]
    context: Mapping[str, Any]
    body: bytes  # JSON text as normalised

    @property
    def stamp(self) -> str:
        """Sorts as (time, messageId): the order in which the last writer of a trait is found."""
        return f"{self.ts:%Y-%m-%dT%H:%M:%S.%fZ}|{self.message_id}"


Encode = Callable[[Any], bytes]


def read_event(raw: Any, envelope: Envelope, *, encode: Encode, new_id: Callable[[], str]) -> Event:
    """One raw JSON value as an Event.

    Raises RejectedError when only this event is wrong, TooDeepError when the whole body must be refused.
    """
    if type(raw) is not dict:
        _check_depth(raw, envelope)
        raise RejectedError("not_an_object", "An event must be a JSON object.")
    document, warnings = _complete(raw, envelope), set(envelope.warnings)
    if not (envelope.plain and is_ordinary(document)):
        _check_depth(document, envelope)
        document = normalised(document, warnings)
    kind = document.get("type")
    if type(kind) is not str or kind not in TYPES:
        raise RejectedError("type_unknown", "type must be track, identify, group, page, screen or alias.")
    context, properties, traits = (_object(document, name) for name in ("context", "properties", "traits"))
    user_id = _subject(raw, kind)
    message_id = raw.get("messageId")
    if message_id is None or message_id == "":
        warnings.add("message_id_missing")
        message_id = new_id()
    happened = _happened(document, envelope, warnings)
    return Event(
        read_message_id(message_id),
        kind,
        _name(document, kind),
        user_id,
        _group(raw, context, kind),
        happened,
        properties,
        traits,
        context,
        _body(document, warnings, encode),
    )


def stored_event(
    message_id: str, kind: str, name: str, user_id: str, ts: datetime, document: Mapping[str, Any]
) -> Event:
    """An event as the log keeps it, from its columns and its body; it was checked when it came in."""
    properties, traits, context = (
        document.get(part) or EMPTY for part in ("properties", "traits", "context")
    )
    group = document.get("groupId") if kind == "group" else context.get("groupId")
    group_id = read_id(group, "groupId") if group not in (None, "") else ""
    return Event(message_id, kind, name, user_id, group_id, ts, properties, traits, context, b"")


def _complete(raw: dict[str, Any], envelope: Envelope) -> dict[str, Any]:
    """The event with what its envelope adds, without secrets."""
    if "writeKey" in raw or "userToken" in raw:
        raw = {name: value for name, value in raw.items() if name not in SECRET_FIELDS}
    if envelope.type is not None:
        raw = {**raw, "type": envelope.type}
    if envelope.historical:
        raw = {**raw, "historical": True}
    if envelope.context and (raw.get("context") is None or type(raw["context"]) is dict):
        raw = {**raw, "context": {**envelope.context, **(raw.get("context") or {})}}
    return raw


def _check_depth(raw: Any, envelope: Envelope) -> None:
    levels = depth(raw, envelope.depth)
    if levels > envelope.depth:
        raise TooDeepError(f"The body nests deeper than {limits.DOCUMENT_DEPTH} levels.")
    if levels > limits.EVENT_DEPTH:
        raise RejectedError("event_too_deep", f"The event nests deeper than {limits.EVENT_DEPTH} levels.")


def _object(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    if value is None:
        return EMPTY
    if type(value) is not dict:
        raise RejectedError(f"{name}_type", f"{name} must be a JSON object.")
    if len(value) > limits.PROPERTIES and name != "context":
        raise RejectedError("too_many_properties", f"{name} holds over {limits.PROPERTIES} names.")
    return value


def _subject(raw: Mapping[str, Any], kind: str) -> str:
    """The user's id; '' for an anonymous event. Ids are read as they came, so that no repair hides a fault."""
    user_id = raw.get("userId")
    anonymous_id = raw.get("anonymousId")
    if anonymous_id is not None:
        read_id(anonymous_id, "anonymousId")
    if kind == "alias":
        if raw.get("previousId") is None:
            raise RejectedError("previous_id_missing", "An alias needs previousId.")
        read_id(raw["previousId"], "previousId")
    if user_id is not None:
        return read_id(user_id, "userId")
    if anonymous_id is None and kind != "group":
        raise RejectedError("user_id_missing", "An event needs userId or anonymousId.")
    return ""


def _group(raw: Mapping[str, Any], context: Mapping[str, Any], kind: str) -> str:
    if kind == "group":
        if raw.get("groupId") is None:
            raise RejectedError("group_id_missing", "A group call needs groupId.")
        return read_id(raw["groupId"], "groupId")
    if not context:
        return ""
    named = context.get("groupId")
    return "" if named is None or named == "" else read_id(named, "context.groupId")


def _name(document: Mapping[str, Any], kind: str) -> str:
    if kind == "track":
        name = document.get("event")
        if type(name) is not str or not name:
            raise RejectedError("event_missing", "A track call needs event, the name of what happened.")
    elif kind in ("page", "screen"):
        name = document.get("name")
        if type(name) is not str:
            return ""
    else:
        return ""
    if not (name.isascii() and name.isprintable()):
        name = unicodedata.normalize("NFC", name).translate(CONTROL)
    if len(name.encode()) > limits.KEY_BYTES:
        raise RejectedError("name_too_long", f"The event's name is over {limits.KEY_BYTES} bytes.")
    return name


def _happened(document: Mapping[str, Any], envelope: Envelope, warnings: set[str]) -> datetime:
    given = document.get("timestamp")
    if given is None:
        return envelope.received_at
    happened = clock_skew.parse_time(given)
    if happened is None:
        warnings.add("timestamp_ignored")
        return envelope.received_at
    return clock_skew.corrected(happened, envelope.skew, envelope.received_at)


def _body(document: Mapping[str, Any], warnings: set[str], encode: Encode) -> bytes:
    text = encode(document)
    if len(text) > limits.EVENT_BYTES:
        raise RejectedError("event_too_large", f"The event is over {limits.EVENT_BYTES:,} bytes as JSON.")
    if len(text) > limits.VALUE_BYTES:
        _check_values(document, encode)
    return encode({**document, "warnings": sorted(warnings)}) if warnings else text


def _check_values(document: Mapping[str, Any], encode: Encode) -> None:
    for name in ("properties", "traits"):
        for key, value in _object(document, name).items():
            size = len(value.encode()) if type(value) is str else len(encode(value))
            if size > limits.VALUE_BYTES:
                raise RejectedError(
                    "value_too_large", f"The value of {key} is over {limits.VALUE_BYTES:,} bytes."
                )
