"""Fold new events into state, inside the transaction that stored them.

State is a fold of the log: any order, split or repetition of the same events gives the same state. Rows
are written table by table and in key order, so that parallel batches wait but never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from waypost_server.domain.events import Event
from waypost_server.domain.local_day import day_of
from waypost_server.services import fold_accounts, fold_milestones, fold_users
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import Plan
from waypost_server.store import usage
from waypost_server.store.usage import DayRow, TotalRow


@dataclass(frozen=True, slots=True)
class Folded:
    """One event with what was found out about it."""

    event: Event
    account_id: str
    feature: str | None
    day: date  # in the workspace's zone


def folded(events: Iterable[Event], accounts: Mapping[str, str], plan: Plan) -> list[Folded]:
    """Events with their account, feature and day."""
    return [
        Folded(each, accounts[each.message_id], plan.feature_of(each), day_of(each.ts, plan.zone))
        for each in events
    ]


def fold(session: Session, sender: Sender, plan: Plan, batch: Sequence[Folded]) -> None:
    """Add `batch`, whose events are all new, to usage, people, accounts and milestones."""
    workspace_id = sender.workspace_id
    days, totals = tally(batch)
    now_totals: list[TotalRow] = []
    if days:
        usage.add_days(session, workspace_id, days)
        now_totals = usage.add_totals(session, workspace_id, totals)
    fold_users.fold(session, sender, batch)
    fold_accounts.fold(session, sender, plan, batch)
    fold_milestones.fold(session, workspace_id, plan, added=totals, now=now_totals)


def tally(batch: Iterable[Folded]) -> tuple[list[DayRow], list[TotalRow]]:
    """Uses to add, by day and in all. Anonymous events count for no one."""
    days: dict[tuple[str, str, str, date], int] = {}
    totals: dict[tuple[str, str, str], tuple[datetime, datetime, int]] = {}
    for each in batch:
        event, feature = each.event, each.feature
        if feature is None or not event.user_id:
            continue
        subject, at = (each.account_id, event.user_id, feature), event.ts
        days[(*subject, each.day)] = days.get((*subject, each.day), 0) + 1
        first, last, total = totals.get(subject, (at, at, 0))
        totals[subject] = (min(first, at), max(last, at), total + 1)
    return (
        [DayRow(*key, count) for key, count in days.items()],
        [TotalRow(*key, *rest) for key, rest in totals.items()],
    )
