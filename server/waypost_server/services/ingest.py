"""Take in a batch of events: read, store, fold and commit in one transaction, then ring.

When this returns, every accepted event is on disk, folded into usage and milestones, and visible to the
next decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError
from waypost_server.domain.events import Envelope, Event
from waypost_server.domain.interactions import REACTIONS, Reaction
from waypost_server.domain.local_day import day_of
from waypost_server.services import fold as folding
from waypost_server.services.fold import Folded
from waypost_server.services.fold_users import REACTION
from waypost_server.services.ingest_accounts import Sender, accounts_of
from waypost_server.services.ingest_plan import Plan, plans
from waypost_server.services.ingest_read import Reading, Rejection, read_batch, rejection
from waypost_server.services.retry import retried
from waypost_server.services.runtime import Runtime
from waypost_server.store import events as event_store
from waypost_server.store import ingest_days, quarantine
from waypost_server.store.events import EventRow

SNOOZES = (1, 7)  # days a nudge may be snoozed
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
    plan = plans.of(runtime, sender.workspace_id)
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
    with runtime.db.write() as session:
        accepted = _take(session, runtime, sender, plan, reading.events.values(), envelope)
        _count(session, runtime, sender, plan, reading, envelope, _Stored(accepted))
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
                    accepted += _take(session, runtime, sender, plan, (event,), envelope)
            except REFUSALS:
                index = reading.index_of[event.message_id]
                message = "The database does not take this event as it is."
                refused.append(rejection(index, event.body.decode(errors="replace"), "not_storable", message))
        stored = _Stored(accepted, tuple(refused))
        _count(session, runtime, sender, plan, reading, envelope, stored)
    return stored


def _take(
    session: Session,
    runtime: Runtime,
    sender: Sender,
    plan: Plan,
    events: Iterable[Event],
    envelope: Envelope,
) -> int:
    """Keep the events whose key is new, append and fold them; returns how many."""
    by_id = {each.message_id: each for each in events}
    if not by_id:
        return 0
    workspace_id, received_at = sender.workspace_id, envelope.received_at
    new = event_store.keep_new(session, workspace_id, list(by_id), received_at)
    fresh = [each for message_id, each in by_id.items() if message_id in new]
    if not fresh:
        return 0
    batch = folding.folded(fresh, accounts_of(session, sender, fresh), plan)
    event_store.append(
        session, workspace_id, [_row(each) for each in batch], received_at=received_at, trust=sender.trust
    )
    if sender.folds:
        folding.fold(session, sender, plan, batch)
        reactions = [found for each in batch if (found := reaction_of(each, sender.trust))]
        if reactions:
            _react(session, runtime, workspace_id, reactions)
    return len(fresh)


def _react(session: Session, runtime: Runtime, workspace_id: str, reactions: Sequence[Reaction]) -> None:
    from waypost_server.services import interact

    interact.fold(session, runtime, workspace_id, reactions)


def _count(
    session: Session,
    runtime: Runtime,
    sender: Sender,
    plan: Plan,
    reading: Reading,
    envelope: Envelope,
    stored: _Stored,
) -> None:
    """Quarantine what was refused and add to the day's counts, in a random shard."""
    refused = (*reading.rejections, *stored.refused)
    quarantine.add(session, sender.workspace_id, [each.refused() for each in refused], envelope.received_at)
    duplicate = reading.duplicates + len(reading.events) - stored.accepted - len(stored.refused)
    counts = ingest_days.Counts(stored.accepted, duplicate, len(refused))
    day = day_of(envelope.received_at, plan.zone)
    shard = int(runtime.dice() * ingest_days.SHARDS)
    ingest_days.add(session, sender.workspace_id, day, counts, shard=shard)


def _row(each: Folded) -> EventRow:
    event = each.event
    return EventRow(
        each.account_id,
        event.user_id,
        event.message_id,
        event.type,
        event.name,
        each.feature,
        event.ts,
        event.body.decode(),
    )


def reaction_of(each: Folded, trust: str) -> Reaction | None:
    """The reaction to a nudge that an event reports, or None. A malformed one stays in the log only."""
    event = each.event
    if event.name != REACTION or event.type != "track" or not event.user_id:
        return None
    said = event.properties
    nudge, reaction, offer = said.get("nudge"), said.get("reaction"), said.get("offer")
    if not (isinstance(nudge, str) and isinstance(reaction, str) and reaction in REACTIONS):
        return None
    days, action = said.get("snooze_days"), said.get("action")
    return Reaction(
        message_id=event.message_id,
        account_id=each.account_id,
        user_id=event.user_id,
        nudge=nudge,
        offer_id=offer if isinstance(offer, str) else "",
        reaction=reaction,
        at=event.ts,
        snooze_days=days if type(days) is int and days in SNOOZES else None,
        action=action if isinstance(action, str) else None,
        trust=trust,
    )
