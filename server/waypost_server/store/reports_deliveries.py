"""Read models of deliveries: the ledger, and one message with its attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, Attempt, ConsoleUser, Delivery, EndUser
from waypost_server.store.types import AnyRow

STATES = (
    "pending",
    "awaiting_approval",
    "sending",
    "sent",
    "failed",
    "unknown",
    "suppressed",
    "expired",
    "cancelled",
)


def page(
    session: Session,
    workspace_id: str,
    *,
    state: str | None = None,
    account_id: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Sequence[AnyRow]:
    """Deliveries without their bodies, the newest first; `after` is the id of the last one seen."""
    query = (
        select(
            Delivery.id,
            Delivery.account_id,
            Delivery.user_id,
            Delivery.channel,
            Delivery.recipient,
            Delivery.subject,
            Delivery.template,
            Delivery.play,
            Delivery.state,
            Delivery.reason,
            Delivery.attempts,
            Delivery.not_before,
            Delivery.created_at,
            Delivery.ended_at,
            Account.name.label("account_name"),
        )
        .outerjoin(
            Account, (Account.workspace_id == Delivery.workspace_id) & (Account.id == Delivery.account_id)
        )
        .where(Delivery.workspace_id == workspace_id)
    )
    if state is not None:
        query = query.where(Delivery.state == state)
    if account_id is not None:
        query = query.where(Delivery.account_id == account_id)
    if after is not None:
        query = query.where(_before(session, workspace_id, after))
    return session.execute(query.order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(limit)).all()


def counts(session: Session, workspace_id: str, *, account_id: str | None = None) -> dict[str, int]:
    """How many deliveries are in each state, of one account or of all."""
    query = select(Delivery.state, func.count()).where(Delivery.workspace_id == workspace_id)
    if account_id is not None:
        query = query.where(Delivery.account_id == account_id)
    rows = session.execute(query.group_by(Delivery.state))
    return {row[0]: row[1] for row in rows}


def one(session: Session, workspace_id: str, delivery_id: str) -> AnyRow | None:
    """One delivery, whole, with the names of its account, its reader and the person who sent it."""
    return session.execute(
        select(
            Delivery,
            Account.name.label("account_name"),
            EndUser.name.label("user_name"),
            ConsoleUser.name.label("person_name"),
        )
        .outerjoin(
            Account, (Account.workspace_id == Delivery.workspace_id) & (Account.id == Delivery.account_id)
        )
        .outerjoin(
            EndUser, (EndUser.workspace_id == Delivery.workspace_id) & (EndUser.id == Delivery.user_id)
        )
        .outerjoin(
            ConsoleUser,
            (ConsoleUser.workspace_id == Delivery.workspace_id) & (ConsoleUser.id == Delivery.person),
        )
        .where(Delivery.workspace_id == workspace_id, Delivery.id == delivery_id)
    ).one_or_none()


def attempts(session: Session, workspace_id: str, delivery_id: str) -> Sequence[Attempt]:
    """Each try, in order."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.workspace_id == workspace_id, Attempt.delivery_id == delivery_id)
        .order_by(Attempt.n)
        .limit(100)
    ).all()


def _before(session: Session, workspace_id: str, delivery_id: str) -> Any:
    seen = session.scalar(
        select(Delivery.created_at).where(Delivery.workspace_id == workspace_id, Delivery.id == delivery_id)
    )
    if seen is None:
        return Delivery.id != ""
    return or_(Delivery.created_at < seen, (Delivery.created_at == seen) & (Delivery.id < delivery_id))
