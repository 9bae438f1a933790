"""People of an account who can be written to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import EndUser, Membership, UsageTotal


@dataclass(frozen=True, slots=True)
class Person:
    """A user of an account; `email` is "" without an address."""

    user_id: str
    email: str
    name: str | None
    role: str | None
    trust: str


def most_active(
    session: Session,
    workspace_id: str,
    account_id: str,
    *,
    roles: Collection[str] | None,
    user_id: str = "",
    limit: int,
    with_address: bool = True,
) -> list[Person]:
    """Users (with an e-mail address), by role (None = any), whoever used the product last comes first."""
    used = (
        select(UsageTotal.user_id, func.max(UsageTotal.last_at).label("at"))
        .where(UsageTotal.workspace_id == workspace_id, UsageTotal.account_id == account_id)
        .group_by(UsageTotal.user_id)
        .subquery()
    )
    query = (
        select(EndUser.id, func.coalesce(EndUser.email, ""), EndUser.name, Membership.role, EndUser.trust)
        .join(
            Membership,
            (Membership.workspace_id == EndUser.workspace_id) & (Membership.user_id == EndUser.id),
        )
        .outerjoin(used, used.c.user_id == EndUser.id)
        .where(
            EndUser.workspace_id == workspace_id,
            Membership.account_id == account_id,
        )
        .order_by(used.c.at.desc().nulls_last(), EndUser.id)
        .limit(limit)
    )
    if with_address:
        query = query.where(EndUser.email.is_not(None), EndUser.email != "")
    if roles is not None:
        query = query.where(Membership.role.in_(roles))
    if user_id:
        query = query.where(EndUser.id == user_id)
    return [Person(*row) for row in session.execute(query)]
