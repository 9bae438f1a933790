"""Usage for the read API: counts by feature and day, of an account or of one user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import distinct, func, literal, select, tuple_
from sqlalchemy.orm import Session

from waypost_server.store.tables import Membership, UsageDay


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `start` to `end`, both included; optionally one feature."""

    start: date
    end: date
    feature: str | None = None


def of_account(
    session: Session,
    workspace_id: str,
    account_id: str,
    window: Window,
    *,
    after: tuple[date, str] | None,
    limit: int,
) -> Sequence[Any]:
    """Rows (day, feature, count, users) by day and feature; one more than `limit` when there are more."""
    query = (
        select(
            UsageDay.day,
            UsageDay.feature,
            func.sum(UsageDay.count).label("count"),
            func.count(distinct(UsageDay.user_id)).label("users"),
        )
        .where(UsageDay.workspace_id == workspace_id, UsageDay.account_id == account_id)
        .where(UsageDay.day.between(window.start, window.end))
        .group_by(UsageDay.day, UsageDay.feature)
        .order_by(UsageDay.day, UsageDay.feature)
        .limit(limit + 1)
    )
    if window.feature is not None:
        query = query.where(UsageDay.feature == window.feature)
    if after is not None:
        query = query.where(tuple_(UsageDay.day, UsageDay.feature) > _row(after))
    return session.execute(query).all()


def of_user(
    session: Session,
    workspace_id: str,
    user_id: str,
    window: Window,
    *,
    account_id: str | None,
    after: tuple[date, str, str] | None,
    limit: int,
) -> Sequence[Any]:
    """Rows (day, feature, account_id, count); one more than `limit` when there are more."""
    mine = select(Membership.account_id).where(
        Membership.workspace_id == workspace_id, Membership.user_id == user_id
    )
    accounts = UsageDay.account_id == account_id if account_id is not None else UsageDay.account_id.in_(mine)
    if account_id is None:
        accounts = accounts | (UsageDay.account_id == "")
    order = (UsageDay.day, UsageDay.feature, UsageDay.account_id)
    query = (
        select(*order, UsageDay.count)
        .where(UsageDay.workspace_id == workspace_id, accounts, UsageDay.user_id == user_id)
        .where(UsageDay.day.between(window.start, window.end))
        .order_by(*order)
        .limit(limit + 1)
    )
    if window.feature is not None:
        query = query.where(UsageDay.feature == window.feature)
    if after is not None:
        query = query.where(tuple_(*order) > _row(after))
    return session.execute(query).all()


def _row(values: tuple[Any, ...]) -> Any:
    columns = (UsageDay.day, UsageDay.feature, UsageDay.account_id)
    return tuple_(*(literal(value, column.type) for value, column in zip(values, columns, strict=False)))
