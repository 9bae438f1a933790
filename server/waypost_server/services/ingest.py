"""Take in a batch of events: read, store, fold and commit in one transaction, then ring.

When this returns, every accepted event is on disk, folded into usage and milestones, and visible to the
next decision. Batches that wait at the same moment share one transaction.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from waypost_server.domain.errors import BadInputError
from waypost_server.domain.events import Envelope, Event
from waypost_server.services.fold import Counts, fold, is_one_statement
from waypost_server.services.group_commit import GroupCommit
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import Plan, plan_of
from waypost_server.services.ingest_read import Reading, Rejection, read_batch, rejection
from waypost_server.services.retry import retried
from waypost_server.services.runtime import Runtime
from waypost_server.store import quarantine

# What the database says about a row that it will never take; everything else may pass on another try.
REFUSALS = (DataError, IntegrityError, ProgrammingError)
# Events in a transaction that several requests share. More gain little on PostgreSQL and hold up the next ones;
# on SQLite they find more of their pages changed already.
ROOM_POSTGRES, ROOM_SQLITE = 400, 1_600


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
class Intake:
    """A batch that was read and waits to be stored."""

    runtime: Runtime
    sender: Sender
    plan: Plan
    reading: Reading
    envelope: Envelope

    @property
    def lane(self) -> Hashable:
        """Whose rows are the same whether they are stored together or one batch after the other."""
        return (id(self.runtime.db), self.sender, id(self.plan))

    @property
    def weight(self) -> int:
        """In events."""
        return len(self.reading.events) + len(self.reading.rejections)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the transaction did with a batch."""

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
    together = _on_sqlite if runtime.db.is_sqlite else _on_postgres
    stored = together.do(Intake(runtime, sender, plan, reading, envelope))
    runtime.fault("ingest.committed")
    if stored.accepted:
        runtime.doorbell.ring()
    runtime.fault("ingest.rung")
    rejected = sorted((*reading.rejections, *stored.refused), key=lambda each: each.index)
    duplicate = len(batch) - stored.accepted - len(rejected)
    return Receipt(stored.accepted, duplicate, tuple(rejected))


def store(intakes: Sequence[Intake]) -> list[Stored]:
    """Store batches of one lane in one transaction. Raises one of REFUSALS only for several batches: then each
    must come by itself."""
    try:
        return retried(lambda: _store_as_one(intakes))
    except REFUSALS:
        if len(intakes) > 1:
            raise
        return [retried(lambda: _store_singly(intakes[0]))]


_on_postgres = GroupCommit[Intake, Stored](store, room=ROOM_POSTGRES)
_on_sqlite = GroupCommit[Intake, Stored](store, room=ROOM_SQLITE)


def _store_as_one(intakes: Sequence[Intake]) -> list[Stored]:
    """All of them in one transaction, received when the last of them was. An event that several bring is
    the first one's, and a duplicate of the others."""
    first = intakes[0]
    runtime, sender, plan = first.runtime, first.sender, first.plan
    received_at = max(each.envelope.received_at for each in intakes)
    events: dict[str, Event] = {}
    mine: list[list[str]] = []
    for each in intakes:
        mine.append([key for key in each.reading.events if key not in events])
        events = {**each.reading.events, **events} if events else each.reading.events
    rejections = [rejected for each in intakes for rejected in each.reading.rejections]
    brought = sum(len(each.reading.events) for each in intakes)
    duplicates = sum(each.reading.duplicates for each in intakes) + brought - len(events)
    alone = not rejections and is_one_statement(plan, events.values())
    with runtime.db.single() if alone else runtime.db.write() as session:
        counts = Counts(duplicates, len(rejections))
        new = fold(session, runtime, sender, plan, list(events.values()), received_at, counts)
        quarantine.add(session, sender.workspace_id, [each.refused() for each in rejections], received_at)
        runtime.fault("ingest.stored")
    return [Stored(sum(key in new for key in keys)) for keys in mine]


def _store_singly(intake: Intake) -> Stored:
    """Event by event under savepoints, so that only what the database refuses is lost to the quarantine."""
    runtime, sender, plan, reading = intake.runtime, intake.sender, intake.plan, intake.reading
    received_at = intake.envelope.received_at
    accepted, refused = 0, []
    with runtime.db.write() as session:
        for event in reading.events.values():
            try:
                with session.begin_nested():
                    accepted += len(fold(session, runtime, sender, plan, [event], received_at, Counts()))
            except REFUSALS:
                index = reading.index_of[event.message_id]
                message = "The database does not take this event as it is."
                refused.append(rejection(index, event.body.decode(errors="replace"), "not_storable", message))
        everything = (*reading.rejections, *refused)
        counts = Counts(reading.duplicates, len(everything))
        fold(session, runtime, sender, plan, [], received_at, counts)
        quarantine.add(session, sender.workspace_id, [each.refused() for each in everything], received_at)
    return Stored(accepted, tuple(refused))
