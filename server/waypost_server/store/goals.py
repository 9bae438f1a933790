"""Has the behaviour happened? Milestones reached and features used since a moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import MilestoneState, UsageDay, UsageTotal


def milestone_reached(
    session: Session, workspace_id: str, account_id: str, *, user_id: str, milestone: str
) -> bool:
    """Whether the account reached it, or the user (any user of the account when user_id is '')."""
    query = select(MilestoneState.milestone).where(
        MilestoneState.workspace_id == workspace_id,
        MilestoneState.account_id == account_id,
        MilestoneState.milestone == milestone,
        MilestoneState.reached_at.is_not(None),
    )
    if user_id:
        query = query.where(MilestoneState.user_id.in_(("", user_id)))
    return session.scalar(query.limit(1)) is not None


def used_since(
    session: Session, workspace_id: str, account_id: str, *, user_id: str, feature: str, since: datetime
) -> bool:
    """Whether the feature was used after a moment."""
    query = select(UsageTotal.feature).where(
        UsageTotal.workspace_id == workspace_id,
        UsageTotal.account_id == account_id,
        UsageTotal.feature == feature,
        UsageTotal.last_at > since,
    )
    if user_id:
        query = query.where(UsageTotal.user_id == user_id)
    return session.scalar(query.limit(1)) is not None


def days_used_after(
    session: Session, workspace_id: str, account_id: str, *, user_id: str, feature: str, day: date
) -> list[tuple[date, int]]:
    """(day, count) of the feature's use on the days after `day`, at most a year of them."""
    query = select(UsageDay.day, func.sum(UsageDay.count)).where(
        UsageDay.workspace_id == workspace_id,
        UsageDay.account_id == account_id,
        UsageDay.feature == feature,
        UsageDay.day > day,
        UsageDay.day <= day + timedelta(days=366),
    )
    if user_id:
        query = query.where(UsageDay.user_id == user_id)
    return [(at, int(count)) for at, count in session.execute(query.group_by(UsageDay.day))]


def accounts_that_reached(
    session: Session, workspace_id: str, accounts: Collection[str], *, milestone: str
) -> set[str]:
    """Those of the accounts that reached it, or one of whose users did."""
    query = select(MilestoneState.account_id).where(
        MilestoneState.workspace_id == workspace_id,
        MilestoneState.account_id.in_(accounts),
        MilestoneState.milestone == milestone,
        MilestoneState.reached_at.is_not(None),
    )
    return set(session.scalars(query))


def accounts_that_used(
    session: Session, workspace_id: str, accounts: Collection[str], *, feature: str, since: datetime
) -> set[str]:
    """Those of the accounts that used the feature after a moment."""
    query = select(UsageTotal.account_id).where(
        UsageTotal.workspace_id == workspace_id,
        UsageTotal.account_id.in_(accounts),
        UsageTotal.feature == feature,
        UsageTotal.last_at > since,
    )
    return set(session.scalars(query))
