"""Fold new events into state, inside the transaction that stores them.

State is a fold of the log: any order, split or repetition of the same events gives the same state. Locks
are taken table by table and in key order (keys, usage, people, memberships, accounts, milestones, offers),
so that parallel batches wait but never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.domain.consent import EVENT as CONSENT
from waypost_server.domain.events import Event
from waypost_server.domain.local_day import day_of
from waypost_server.domain.traits import stamp_of
from waypost_server.services import fold_accounts, fold_consent, fold_milestones, fold_users, interact
from waypost_server.services.ingest_accounts import Sender, accounts_of
from waypost_server.services.ingest_plan import Plan
from waypost_server.services.reactions import EVENT as REACTION
from waypost_server.services.reactions import reaction_of
from waypost_server.services.runtime import Runtime
from waypost_server.store.ingest_days import SHARDS
from waypost_server.store.take import Batch, Row, Taken, take


@dataclass(frozen=True, slots=True)
class Counts:
    """Events of the request that never reach the database, and where the day's events are counted."""

    duplicate: int = 0
    quarantined: int = 0
    shard: int | None = None  # any of ingest's when it is not said


def fold(
    session: Session,
    runtime: Runtime,
    sender: Sender,
    plan: Plan,
    events: Sequence[Event],
    received_at: datetime,
    counts: Counts,
) -> frozenset[str]:
    """Store those of `events` whose key is new and add them to every state; returns the new keys."""
    accounts = accounts_of(session, sender, events)
    return fold_into(session, runtime, sender, plan, events, accounts, received_at, counts)


def fold_into(
    session: Session,
    runtime: Runtime,
    sender: Sender,
    plan: Plan,
    events: Sequence[Event],
    accounts: Mapping[str, str],
    received_at: datetime,
    counts: Counts,
) -> frozenset[str]:
    """As `fold`, with the account of each event known: by messageId, '' where there is none."""
    batch = Batch(
        workspace_id=sender.workspace_id,
        rows=tuple(_row(each, accounts[each.message_id], sender, plan) for each in events),
        received_at=received_at,
        received_day=day_of(received_at, plan.zone),
        trust=sender.trust,
        folds=sender.folds,
        shard=int(runtime.dice() * SHARDS) if counts.shard is None else counts.shard,
        duplicate=counts.duplicate,
        quarantined=counts.quarantined,
        milestone_features=plan.milestone_features,
    )
    taken = take(session, batch)
    if any(each.name == CONSENT for each in events):
        said = [each for each in events if each.message_id in taken.new]
        fold_consent.fold(session, sender.workspace_id, said, sender.trust)
    if sender.folds and taken.new:
        fresh = [each for each in events if each.message_id in taken.new]
        _fold_rest(session, runtime, sender, plan, fresh, accounts, batch, taken)
    return taken.new


def is_one_statement(plan: Plan, events: Iterable[Event]) -> bool:
    """True if storing `events` is sums alone: no traits, reactions or consent, no feature of a milestone."""
    return all(
        each.type not in ("identify", "group")
        and each.name not in (REACTION, CONSENT)
        and plan.feature_of(each) not in plan.milestone_features
        for each in events
    )


def _fold_rest(
    session: Session,
    runtime: Runtime,
    sender: Sender,
    plan: Plan,
    fresh: Sequence[Event],
    accounts: Mapping[str, str],
    batch: Batch,
    taken: Taken,
) -> None:
    """What is not sums: traits, milestones, reactions. Most batches have none of it."""
    fold_users.fold(session, sender, fresh)
    fold_accounts.fold(session, sender, plan, fresh, accounts, batch.received_at)
    if plan.milestone_features:
        fold_milestones.fold(session, sender.workspace_id, plan, added=taken.added, now=taken.totals)
    reactions = [
        found
        for each in fresh
        if each.name == REACTION and (found := reaction_of(each, accounts[each.message_id], sender.trust))
    ]
    if reactions:
        interact.fold(session, runtime, sender.workspace_id, reactions)


def _row(event: Event, account_id: str, sender: Sender, plan: Plan) -> Row:
    role = fold_users.role_of(event) if event.type in ("identify", "group") else None
    return Row(
        event.message_id,
        account_id,
        event.user_id,
        event.type,
        event.name,
        plan.feature_of(event),
        event.ts,
        day_of(event.ts, plan.zone),
        event.body.decode(),
        role,
        None if role is None else stamp_of(event.stamp, sender.trust),
        event.type == "identify" or event.name == REACTION,
    )
