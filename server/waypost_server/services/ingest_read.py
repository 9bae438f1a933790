"""From raw JSON values to events and verdicts: one bad event never costs its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from waypost_server.domain import limits
from waypost_server.domain.events import Envelope, Event, read_event
from waypost_server.domain.identifiers import read_message_id
from waypost_server.domain.normalise import storable_text
from waypost_server.domain.rejection import RejectedError
from waypost_server.store.quarantine import Refused

encode = msgspec.json.Encoder().encode
HEAD = 2_000  # characters of a refused event that are kept


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why the event at `index` of the batch was refused."""

    index: int
    message_id: str | None
    code: str
    message: str
    body_head: str

    def refused(self) -> Refused:
        """As the quarantine keeps it."""
        return Refused(self.message_id, self.code, self.message, self.body_head)


@dataclass(frozen=True, slots=True)
class Reading:
    """A batch read: `events` by messageId (the first of equal ones), and what was not taken."""

    events: dict[str, Event] = field(default_factory=dict)
    index_of: dict[str, int] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    duplicates: int = 0


def read_batch(
    batch: Sequence[Any], envelope: Envelope, new_id: Callable[[], str], subject: str | None
) -> Reading:
    """Read every event. With `subject` (the user a token speaks for) events of other users are refused.

    Raises TooDeepError when the whole body must be refused.
    """
    events: dict[str, Event] = {}
    index_of: dict[str, int] = {}
    rejections: list[Rejection] = []
    duplicates = 0
    for index, raw in enumerate(batch):
        try:
            if index >= limits.BATCH_EVENTS:
                raise RejectedError(
                    "batch_too_long", f"A batch holds at most {limits.BATCH_EVENTS:,} events."
                )
            event = read_event(raw, envelope, encode=encode, new_id=new_id)
            if subject is not None and event.user_id not in (subject, ""):
                raise RejectedError("token_mismatch", "The user token is for another user than userId.")
        except RejectedError as error:
            rejections.append(rejection(index, raw, error.code, error.message))
            continue
        if event.message_id in events:
            duplicates += 1
        else:
            events[event.message_id] = event
            index_of[event.message_id] = index
    return Reading(events, index_of, rejections, duplicates)


def rejection(index: int, raw: Any, code: str, message: str) -> Rejection:
    """A refusal with as much of the event as can be kept."""
    return Rejection(index, _message_id(raw), code, storable_text(message, set()), _head(raw))


def _message_id(raw: Any) -> str | None:
    if not isinstance(raw, dict) or raw.get("messageId") in (None, ""):
        return None
    try:
        return read_message_id(raw["messageId"])
    except RejectedError:
        return None


def _head(raw: Any) -> str:
    """The first characters, without secrets. Text that JSON cannot carry is shown as Python sees it."""
    if isinstance(raw, dict):
        raw = {name: value for name, value in raw.items() if name not in ("writeKey", "userToken")}
    try:
        text = encode(raw).decode()
    except (UnicodeEncodeError, OverflowError, RecursionError, ValueError):
        text = ascii(raw)
    return storable_text(text[:HEAD], set())
