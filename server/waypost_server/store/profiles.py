"""One account, one user, one task, one delivery, with what belongs to them, for the read API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import (
    Account,
    Attempt,
    Delivery,
    EndUser,
    Membership,
    MilestoneState,
    Signal,
    Task,
    TaskEvent,
)

MEMBERSHIPS = 200  # shown with a user; the rest is found through the accounts


def account(session: Session, workspace_id: str, account_id: str) -> Account | None:
    """The account, or None."""
    return session.get(Account, (workspace_id, account_id))


def account_counts(session: Session, workspace_id: str, account_id: str) -> dict[str, int]:
    """How many users, reached milestones, open signals and open tasks an account has; one statement."""

    def count(table: Any, *where: Any) -> Any:
        owned = (table.workspace_id == workspace_id, table.account_id == account_id)
        return select(func.count()).select_from(table).where(*owned, *where).scalar_subquery()

    row = session.execute(
        select(
            count(Membership).label("users"),
            count(MilestoneState, MilestoneState.user_id == "", MilestoneState.reached_at.is_not(None)).label(
                "milestones_reached"
            ),
            count(Signal, Signal.state == "open").label("open_signals"),
            count(Task, Task.state.in_(("open", "acknowledged", "snoozed"))).label("open_tasks"),
        )
    ).one()
    return dict(row._mapping)


def user(session: Session, workspace_id: str, user_id: str) -> EndUser | None:
    """The user, or None."""
    return session.get(EndUser, (workspace_id, user_id))


def memberships(session: Session, workspace_id: str, user_id: str) -> Sequence[Membership]:
    """The user's accounts with the role in each."""
    return session.scalars(
        select(Membership)
        .where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
        .order_by(Membership.account_id)
        .limit(MEMBERSHIPS)
    ).all()


def task(session: Session, workspace_id: str, task_id: str) -> Task | None:
    """The task, or None."""
    return session.get(Task, (workspace_id, task_id))


def task_events(session: Session, workspace_id: str, task_id: str) -> Sequence[TaskEvent]:
    """What happened to the task, oldest first, at most the first 200."""
    return session.scalars(
        select(TaskEvent)
        .where(TaskEvent.workspace_id == workspace_id, TaskEvent.task_id == task_id)
        .order_by(TaskEvent.id)
        .limit(200)
    ).all()


def delivery(session: Session, workspace_id: str, delivery_id: str) -> Delivery | None:
    """The delivery, or None."""
    return session.get(Delivery, (workspace_id, delivery_id))


def attempts(session: Session, workspace_id: str, delivery_id: str) -> Sequence[Attempt]:
    """The tries of a delivery in order, at most the first 200."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.workspace_id == workspace_id, Attempt.delivery_id == delivery_id)
        .order_by(Attempt.n)
        .limit(200)
    ).all()
