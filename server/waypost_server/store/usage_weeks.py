"""Weekly user-days per account: the series the decay detector reads."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, cast, func, literal_column, select
from sqlalchemy import Integer as SqlInteger
from sqlalchemy.orm import Session

from waypost_server.store.tables import Membership, UsageDay
from waypost_server.store.types import AnySelect


def weekly_user_days(
    session: Session,
    workspace_id: str,
    features: Collection[str],
    *,
    first: date,
    weeks: int,
    accounts: Collection[str] | None = None,
) -> dict[str, list[int]]:
    """Account → counts of distinct (user, day) per week, oldest first, from the Monday `first`.

    `accounts=None` reads every account of the workspace; accounts without use are absent.
    """
    days = _user_days(workspace_id, features, first, first + timedelta(weeks=weeks))
    if accounts is not None:
        days = days.where(UsageDay.account_id.in_(accounts))
    seen = days.distinct().subquery()
    week = _week_number(session, first)
    query = select(seen.c.account_id, week.label("week"), func.count()).group_by(seen.c.account_id, week)
    found: dict[str, list[int]] = {}
    for account_id, number, count in session.execute(query):
        found.setdefault(account_id, [0] * weeks)[number] = count
    return found


def user_days_by_role(
    session: Session,
    workspace_id: str,
    account_id: str,
    features: Collection[str],
    *,
    first: date,
    split: date,
    end: date,
) -> dict[str, tuple[int, int]]:
    """Role → user-days in [first, split) and in [split, end); '' for users without a role."""
    days = _user_days(workspace_id, features, first, end).where(UsageDay.account_id == account_id)
    seen = days.distinct().subquery()
    role = func.coalesce(Membership.role, "")
    before = func.sum(case((seen.c.day < split, 1), else_=0))
    query = (
        select(role, before, func.count())
        .select_from(seen)
        .outerjoin(
            Membership,
            (Membership.workspace_id == workspace_id)
            & (Membership.account_id == account_id)
            & (Membership.user_id == seen.c.user_id),
        )
        .group_by(role)
        .order_by(role)
    )
    return {name: (int(early), int(total) - int(early)) for name, early, total in session.execute(query)}


def _user_days(workspace_id: str, features: Collection[str], first: date, end: date) -> AnySelect:
    return select(UsageDay.account_id, UsageDay.user_id, UsageDay.day).where(
        UsageDay.workspace_id == workspace_id,
        UsageDay.feature.in_(features),
        UsageDay.day >= first,
        UsageDay.day < end,
        UsageDay.account_id != "",
    )


def _week_number(session: Session, first: date) -> Any:
    """Weeks since `first`; the two databases count days differently."""
    if session.get_bind().dialect.name == "sqlite":
        days: ColumnElement[float] = literal_column(f"(julianday(day) - julianday('{first.isoformat()}'))")
        return cast(days / 7, SqlInteger)
    return literal_column(f"((day - date '{first.isoformat()}') / 7)")
