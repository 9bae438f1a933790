"""Use over time, for charts: active user-days a week. Reads only the accounts of one page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Membership, UsageDay, UsageTotal
from waypost_server.store.types import AnyRow

Series = list[int]


def weekly(
    session: Session,
    workspace_id: str,
    account_ids: Collection[str],
    *,
    last_day: date,
    weeks: int,
    features: Collection[str] = (),
) -> dict[str, Series]:
    """Active user-days per week and account, the oldest first; a week ends on `last_day`'s weekday.

    A user-day is one user using any feature (any of `features`, when given) on one day.
    """
    if not account_ids:
        return {}
    query = (
        select(UsageDay.account_id, UsageDay.day, func.count(UsageDay.user_id.distinct()).label("users"))
        .where(
            UsageDay.workspace_id == workspace_id,
            UsageDay.account_id.in_(account_ids),
            UsageDay.day > last_day - timedelta(days=7 * weeks),
            UsageDay.day <= last_day,
        )
        .group_by(UsageDay.account_id, UsageDay.day)
    )
    if features:
        query = query.where(UsageDay.feature.in_(features))
    found: dict[str, Series] = {account_id: [0] * weeks for account_id in account_ids}
    for row in session.execute(query):
        found[row.account_id][weeks - 1 - (last_day - row.day).days // 7] += row.users
    return found


def weekly_by_role(
    session: Session, workspace_id: str, account_id: str, *, last_day: date, weeks: int
) -> dict[str, Series]:
    """Active user-days per week and role of one account, the oldest first; '' for no role."""
    query = (
        select(
            func.coalesce(Membership.role, "").label("role"),
            UsageDay.day,
            func.count(UsageDay.user_id.distinct()).label("users"),
        )
        .outerjoin(
            Membership,
            (Membership.workspace_id == UsageDay.workspace_id)
            & (Membership.account_id == UsageDay.account_id)
            & (Membership.user_id == UsageDay.user_id),
        )
        .where(
            UsageDay.workspace_id == workspace_id,
            UsageDay.account_id == account_id,
            UsageDay.day > last_day - timedelta(days=7 * weeks),
            UsageDay.day <= last_day,
        )
        .group_by("role", UsageDay.day)
    )
    found: dict[str, Series] = defaultdict(lambda: [0] * weeks)
    for row in session.execute(query):
        found[row.role][weeks - 1 - (last_day - row.day).days // 7] += row.users
    return dict(found)


def by_feature(session: Session, workspace_id: str, account_id: str) -> Sequence[AnyRow]:
    """Per feature of an account: all its uses, and the last one."""
    return session.execute(
        select(
            UsageTotal.feature,
            func.sum(UsageTotal.total).label("total"),
            func.max(UsageTotal.last_at).label("last_at"),
        )
        .where(UsageTotal.workspace_id == workspace_id, UsageTotal.account_id == account_id)
        .group_by(UsageTotal.feature)
        .order_by(UsageTotal.feature)
        .limit(500)
    ).all()


def recent_by_feature(
    session: Session, workspace_id: str, account_id: str, *, last_day: date, days: int = 28
) -> dict[str, tuple[int, int]]:
    """Per feature of an account: uses and distinct users in the last `days` days."""
    rows = session.execute(
        select(
            UsageDay.feature, func.sum(UsageDay.count).label("uses"), func.count(UsageDay.user_id.distinct())
        )
        .where(
            UsageDay.workspace_id == workspace_id,
            UsageDay.account_id == account_id,
            UsageDay.day > last_day - timedelta(days=days),
        )
        .group_by(UsageDay.feature)
    )
    return {feature: (int(uses), users) for feature, uses, users in rows}


def of_user(session: Session, workspace_id: str, user_id: str) -> Sequence[UsageTotal]:
    """Everything a user ever used, by account, the last used first."""
    return session.scalars(
        select(UsageTotal)
        .where(UsageTotal.workspace_id == workspace_id, UsageTotal.user_id == user_id)
        .order_by(UsageTotal.last_at.desc(), UsageTotal.feature)
        .limit(200)
    ).all()
