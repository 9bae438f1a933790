"""What peers are compared by, read for a whole workspace at once, and what each account may be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import (
    Account,
    AccountPeers,
    Membership,
    MilestoneState,
    PeerWeek,
    UsageTotal,
)

LIVING = timedelta(days=56)  # accounts without an event for so long are no peers
CHUNK = 1_000


def is_compared(session: Session, workspace_id: str, week: date) -> bool:
    """Whether the week's comparison is there."""
    return session.get(PeerWeek, (workspace_id, week)) is not None


def take_week(session: Session, workspace_id: str, week: date, at: datetime) -> bool:
    """Make this transaction the one that compares the week; False when another one is, or was."""
    row = {"workspace_id": workspace_id, "week": week, "accounts": 0, "computed_at": at}
    return insert_new(session, PeerWeek, row)


def living(session: Session, workspace_id: str, today: date) -> Sequence[Any]:
    """(id, segment, traits, people) of accounts that were active lately."""
    people = (
        select(Membership.account_id, func.count().label("people"))
        .where(Membership.workspace_id == workspace_id)
        .group_by(Membership.account_id)
        .subquery()
    )
    return session.execute(
        select(Account.id, Account.segment, Account.traits, func.coalesce(people.c.people, 0).label("people"))
        .outerjoin(people, people.c.account_id == Account.id)
        .where(Account.workspace_id == workspace_id, Account.last_day >= today - LIVING)
        .order_by(Account.id)
    ).all()


def used_since(session: Session, workspace_id: str, since: datetime) -> Iterable[tuple[str, str]]:
    """(account, feature) of everything used since a moment."""
    rows = session.execute(
        select(UsageTotal.account_id, UsageTotal.feature)
        .where(UsageTotal.workspace_id == workspace_id, UsageTotal.last_at >= since)
        .distinct()
    )
    return [(row[0], row[1]) for row in rows]


def first_used_since(session: Session, workspace_id: str, since: datetime) -> Iterable[tuple[str, str]]:
    """(account, feature) of everything an account used for the first time since a moment."""
    rows = session.execute(
        select(UsageTotal.account_id, UsageTotal.feature)
        .where(UsageTotal.workspace_id == workspace_id)
        .group_by(UsageTotal.account_id, UsageTotal.feature)
        .having(func.min(UsageTotal.first_at) >= since)
    )
    return [(row[0], row[1]) for row in rows]


def reached(session: Session, workspace_id: str) -> Iterable[tuple[str, str]]:
    """(account, milestone) of every milestone that an account, or anybody in it, has reached."""
    rows = session.execute(
        select(MilestoneState.account_id, MilestoneState.milestone)
        .where(MilestoneState.workspace_id == workspace_id, MilestoneState.reached_at.is_not(None))
        .distinct()
    )
    return [(row[0], row[1]) for row in rows]


def replace(session: Session, workspace_id: str, week: date, rows: Sequence[dict[str, Any]]) -> None:
    """What accounts may be told from now on; nothing for those that are not among `rows`."""
    session.execute(delete(AccountPeers).where(AccountPeers.workspace_id == workspace_id))
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(AccountPeers), rows[start : start + CHUNK])
    session.get_one(PeerWeek, (workspace_id, week)).accounts = len(rows)
