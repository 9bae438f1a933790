"""Take in a batch of events: read, store, fold and commit in one transaction, then ring.

When this returns, every accepted event is on disk, folded into usage and milestones, and visible to the
next decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from waypost_server.domain.errors import BadInputError
from waypost_server.domain.events import Envelope
from waypost_server.services.fold import Counts, fold, is_one_statement
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import Plan, plan_of
from waypost_server.services.ingest_read import Reading, Rejection, read_batch, rejection
from waypost_server.services.retry import retried
from waypost_server.services.runtime import Runtime
from waypost_server.store import quarantine

# What the database says about a row that it will never take; everything else may pass on another try.
REFUSALS = (DataError, IntegrityError, ProgrammingError)


class StrictModeError(BadInputError):
    """In strict mode one refused event refuses the whole request."""

    code = "events_rejected"

    def __init__(self, rejections: Sequence[Rejection]) -> None:
        super().__init__("Strict mode: nothing was stored, because some events are not acceptable.")
        self.rejections = rejections


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch."""

    accepted: int
    duplicate: int
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class _Stored:
    """What one transaction did."""

    accepted: int
    refused: tuple[Rejection, ...] = ()


def ingest(
    runtime: Runtime, sender: Sender, batch: Sequence[Any], envelope: Envelope, *, strict: bool = False
) -> Receipt:
    """Store and fold a batch. Raises TooDeepError, StrictModeError, or SQLAlchemy's errors for a database
    that is away; then nothing of the batch is stored."""
    plan = plan_of(runtime, sender.workspace_id)
    reading = read_batch(batch, envelope, runtime.new_id, sender.subject)
    if strict and reading.rejections:
        raise StrictModeError(reading.rejections)
    if not reading.events and not reading.rejections:
        return Receipt(0, 0, ())
    try:
        stored = retried(lambda: _store(runtime, sender, plan, reading, envelope))
    except REFUSALS:
        stored = retried(lambda: _store_singly(runtime, sender, plan, reading, envelope))
    if stored.accepted:
        runtime.doorbell.ring()
    rejected = sorted((*reading.rejections, *stored.refused), key=lambda each: each.index)
    duplicate = len(batch) - stored.accepted - len(rejected)
    return Receipt(stored.accepted, duplicate, tuple(rejected))


def _store(runtime: Runtime, sender: Sender, plan: Plan, reading: Reading, envelope: Envelope) -> _Stored:
    alone = not reading.rejections and is_one_statement(plan, reading.events.values())
    with runtime.db.single() if alone else runtime.db.write() as session:
        counts = Counts(reading.duplicates, len(reading.rejections))
        accepted = fold(session, runtime, sender, plan, list(reading.events.values()), envelope, counts)
        quarantine.add(
            session,
            sender.workspace_id,
            [each.refused() for each in reading.rejections],
            envelope.received_at,
        )
    return _Stored(accepted)


def _store_singly(
    runtime: Runtime, sender: Sender, plan: Plan, reading: Reading, envelope: Envelope
) -> _Stored:
    """Event by event under savepoints, so that only what the database refuses is lost to the quarantine."""
    accepted, refused = 0, []
    with runtime.db.write() as session:
        for event in reading.events.values():
            try:
                with session.begin_nested():
                    accepted += fold(session, runtime, sender, plan, [event], envelope, Counts())
            except REFUSALS:
                index = reading.index_of[event.message_id]
                message = "The database does not take this event as it is."
                refused.append(rejection(index, event.body.decode(errors="replace"), "not_storable", message))
        everything = (*reading.rejections, *refused)
        counts = Counts(reading.duplicates, len(everything))
        fold(session, runtime, sender, plan, [], envelope, counts)
        quarantine.add(
            session, sender.workspace_id, [each.refused() for each in everything], envelope.received_at
        )
    return _Stored(accepted, tuple(refused))
