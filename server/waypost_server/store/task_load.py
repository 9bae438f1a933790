"""What the tasks that are open now add up to: who has how many, which wake, which are late, which wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal_column, select, update
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, ConsoleUser, Task, Workspace
from waypost_server.store.types import AnyRow
from waypost_server.store.written import written

WORKED = ("open", "acknowledged")


@dataclass(frozen=True, slots=True)
class Load:
    """One person's week. `active` are the open tasks they see, `held` those that wait for room."""

    owner: str
    active: int
    held: int
    done: int
    overdue: int
    escalated: int
    capacity: int | None  # their own; None = what policy.yaml says


def workspaces(session: Session) -> list[str]:
    """Workspaces with an open task or one that is put aside."""
    there = (
        select(Task.id)
        .where(Task.workspace_id == Workspace.id, Task.state.in_((*WORKED, "snoozed")))
        .exists()
    )
    return list(session.scalars(select(Workspace.id).where(there).order_by(Workspace.id)))


def loads(session: Session, workspace_id: str, *, week: datetime, now: datetime) -> list[Load]:
    """Everybody who has open tasks or has done some since `week`, by id."""
    is_open = Task.state.in_(WORKED)
    is_free = is_open & Task.held_at.is_(None)

    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    rows = session.execute(
        select(
            Task.owner,
            count(is_free).label("active"),
            count(is_open & Task.held_at.is_not(None)).label("held"),
            count(Task.state == "done").label("done"),
            count(is_free & (Task.due_at < now)).label("overdue"),
            count(is_open & Task.escalated_at.is_not(None)).label("escalated"),
            func.max(ConsoleUser.capacity).label("capacity"),
        )
        .join(ConsoleUser, (ConsoleUser.workspace_id == Task.workspace_id) & (ConsoleUser.id == Task.owner))
        .where(
            Task.workspace_id == workspace_id,
            is_open | ((Task.state == "done") & (Task.ended_at >= week)),
        )
        .group_by(Task.owner)
        .order_by(Task.owner)
    )
    return [Load(**row._mapping) for row in rows]


def lock_owner(session: Session, workspace_id: str, owner: str) -> None:
    """One at a time shares out a person's tasks."""
    session.execute(
        select(ConsoleUser.id)
        .where(ConsoleUser.workspace_id == workspace_id, ConsoleUser.id == owner)
        .with_for_update()
    )


def open_of(session: Session, workspace_id: str, owner: str) -> Sequence[AnyRow]:
    """A person's open tasks with what makes them urgent."""
    return session.execute(
        select(
            Task.id,
            Task.state,
            Task.severity,
            Task.value,
            Task.due_at,
            Task.due_days,
            Task.held_at,
            Task.escalated_at,
            Account.renewal_on,
        )
        .outerjoin(Account, (Account.workspace_id == Task.workspace_id) & (Account.id == Task.account_id))
        .where(Task.workspace_id == workspace_id, Task.owner == owner, Task.state.in_(WORKED))
        .order_by(Task.id)
    ).all()


def done_since(session: Session, workspace_id: str, owner: str, since: datetime) -> int:
    """Tasks that a person has done since a time."""
    query = select(func.count()).where(
        Task.workspace_id == workspace_id,
        Task.owner == owner,
        Task.state == "done",
        Task.ended_at >= since,
    )
    return session.scalar(query) or 0


def to_wake(session: Session, now: datetime, limit: int) -> Sequence[Task]:
    """Tasks whose snooze is over, in every workspace."""
    query = select(Task).where(Task.state == "snoozed", Task.snoozed_until <= now)
    return session.scalars(query.order_by(Task.snoozed_until).limit(limit)).all()


def late(session: Session, now: datetime, limit: int) -> Sequence[Task]:
    """Tasks past their due time that no lead knows about, in every workspace. What is held back is not late."""
    worked = Task.state.in_([literal_column(f"'{state}'") for state in WORKED])  # as `ix_task_late` says it
    query = select(Task).where(
        Task.escalated_at.is_(None), worked, Task.due_at <= now, Task.held_at.is_(None)
    )
    return session.scalars(query.order_by(Task.due_at, Task.id).limit(limit)).all()


def hold(
    session: Session, workspace_id: str, task_id: str, *, held_at: datetime | None, due_at: datetime
) -> bool:
    """Hold a task back, or let it go (None); False when it is so already, or not open any more."""
    is_other = Task.held_at.is_(None) if held_at is not None else Task.held_at.is_not(None)
    return bool(
        written(
            session,
            update(Task)
            .where(Task.workspace_id == workspace_id, Task.id == task_id, Task.state.in_(WORKED), is_other)
            .values(held_at=held_at, due_at=due_at, version=Task.version + 1)
            .execution_options(synchronize_session=False),
        )
    )
