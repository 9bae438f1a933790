"""Plays that ask to write to many people, and the messages that wait for the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Approval, ConsoleUser, Delivery
from waypost_server.store.types import AnyRow
from waypost_server.store.written import written


def of_wording(session: Session, workspace_id: str, play: str, wording: str) -> Approval | None:
    """What was asked, and perhaps answered, about a play in this wording."""
    return session.scalar(
        select(Approval)
        .where(Approval.workspace_id == workspace_id, Approval.play == play, Approval.wording == wording)
        .execution_options(populate_existing=True)
    )


def put(session: Session, values: Mapping[str, Any]) -> None:
    """Ask, unless it was asked before."""
    insert_new(session, Approval, values)


def find(session: Session, workspace_id: str, approval_id: str) -> Approval | None:
    """One, as it is now."""
    return session.get(Approval, (workspace_id, approval_id), populate_existing=True)


def decide(
    session: Session, workspace_id: str, approval_id: str, *, values: Mapping[str, Any]
) -> Approval | None:
    """Answer one that waits; None when it does not."""
    return session.scalar(
        update(Approval)
        .where(Approval.workspace_id == workspace_id, Approval.id == approval_id, Approval.state == "waiting")
        .values(**values)
        .returning(Approval)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


def release(session: Session, workspace_id: str, approval_id: str, *, values: Mapping[str, Any]) -> int:
    """Change every message that waits for this answer; how many."""
    return written(
        session,
        update(Delivery)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.approval_id == approval_id,
            Delivery.state == "awaiting_approval",
        )
        .values(**values)
        .execution_options(synchronize_session=False),
    )


def page(
    session: Session, workspace_id: str, *, after: str | None = None, limit: int = 100
) -> Sequence[AnyRow]:
    """(approval, how many messages wait, who decided), the open ones first, then the newest; `after` is the id of the
    last decided one seen."""
    waiting = (
        select(Delivery.approval_id, func.count().label("messages"))
        .where(Delivery.workspace_id == workspace_id, Delivery.state == "awaiting_approval")
        .group_by(Delivery.approval_id)
        .subquery()
    )
    query = (
        select(
            Approval,
            func.coalesce(waiting.c.messages, 0).label("messages"),
            ConsoleUser.name.label("person_name"),
        )
        .outerjoin(waiting, waiting.c.approval_id == Approval.id)
        .outerjoin(
            ConsoleUser,
            (ConsoleUser.workspace_id == Approval.workspace_id) & (ConsoleUser.id == Approval.person),
        )
        .where(Approval.workspace_id == workspace_id)
        .order_by((Approval.state != "waiting"), Approval.asked_at.desc(), Approval.id.desc())
        .limit(limit)
    )
    seen = session.get(Approval, (workspace_id, after)) if after is not None else None
    if seen is not None:
        older = or_(
            Approval.asked_at < seen.asked_at, (Approval.asked_at == seen.asked_at) & (Approval.id < after)
        )
        query = query.where(Approval.state != "waiting", older)
    return session.execute(query).all()


def waiting_for(session: Session, workspace_id: str, approval_id: str, limit: int = 5) -> Sequence[Delivery]:
    """Some of the messages that wait for it, the oldest first."""
    return session.scalars(
        select(Delivery)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.approval_id == approval_id,
            Delivery.state == "awaiting_approval",
        )
        .order_by(Delivery.created_at, Delivery.id)
        .limit(limit)
    ).all()


def others_may(session: Session, workspace_id: str, author: str) -> bool:
    """Whether somebody else than the author may approve."""
    return (
        session.scalar(
            select(ConsoleUser.id)
            .where(
                ConsoleUser.workspace_id == workspace_id,
                ConsoleUser.role.in_(("approver", "admin")),
                ConsoleUser.disabled_at.is_(None),
                ConsoleUser.id != author,
                ConsoleUser.email != author,
            )
            .limit(1)
        )
        is not None
    )


def expire(session: Session, *, asked_before: datetime, now: datetime) -> int:
    """End messages that have waited too long for an answer, in every workspace."""
    return written(
        session,
        update(Delivery)
        .where(Delivery.state == "awaiting_approval", Delivery.created_at < asked_before)
        .values(state="expired", reason="nobody approved or rejected it in time", ended_at=now)
        .execution_options(synchronize_session=False),
    )
