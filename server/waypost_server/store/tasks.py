"""Tasks and what happened to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import ConsoleUser, Task, TaskEvent

OPEN = ("open", "acknowledged", "snoozed")


def put(session: Session, values: Mapping[str, Any]) -> bool:
    """Add a task unless its dedupe key is known; True when it is new."""
    return insert_new(session, Task, values)


def find(session: Session, workspace_id: str, task_id: str) -> Task | None:
    """One task."""
    return session.get(Task, (workspace_id, task_id))


def move(
    session: Session, workspace_id: str, task_id: str, *, among: Collection[str], values: Mapping[str, Any]
) -> bool:
    """Change a task that is in one of these states; False when it is not."""
    result = session.execute(
        update(Task)
        .where(Task.workspace_id == workspace_id, Task.id == task_id, Task.state.in_(among))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


def note(session: Session, values: Mapping[str, Any]) -> None:
    """Add to a task's history."""
    session.execute(insert(TaskEvent).values(**values))


def muting_run(session: Session, workspace_id: str, account_id: str) -> str | None:
    """The run of an open task that mutes digital plays for the account; None when nothing is muted."""
    return session.scalar(
        select(Task.run_id)
        .where(
            Task.workspace_id == workspace_id,
            Task.account_id == account_id,
            Task.state.in_(OPEN),
            Task.mute_digital.is_(True),
        )
        .limit(1)
    )


def open_of_run(session: Session, workspace_id: str, run_id: str) -> bool:
    """Whether a person still has work from this run."""
    query = select(Task.id).where(
        Task.workspace_id == workspace_id, Task.run_id == run_id, Task.state.in_(OPEN)
    )
    return session.scalar(query.limit(1)) is not None


def least_loaded(session: Session, workspace_id: str) -> str | None:
    """The CSM with the fewest open tasks (by id when equal); None when there is no CSM."""
    load = func.count(Task.id)
    return session.scalar(
        select(ConsoleUser.id)
        .outerjoin(
            Task,
            and_(
                Task.workspace_id == ConsoleUser.workspace_id,
                Task.owner == ConsoleUser.id,
                Task.state.in_(OPEN),
            ),
        )
        .where(
            ConsoleUser.workspace_id == workspace_id,
            ConsoleUser.role == "csm",
            ConsoleUser.disabled_at.is_(None),
        )
        .group_by(ConsoleUser.id)
        .order_by(load, ConsoleUser.id)
        .limit(1)
    )


def wake_snoozed(session: Session, *, now: datetime) -> int:
    """Bring back tasks whose snooze is over, in every workspace."""
    result = session.execute(
        update(Task)
        .where(Task.state == "snoozed", Task.snoozed_until <= now)
        .values(state="open", snoozed_until=None)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)


def page(
    session: Session,
    workspace_id: str,
    *,
    states: Collection[str] = OPEN,
    owner: str | None = None,
    account_id: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Task]:
    """Tasks by due time, then id; `after` is the (due_at, id) of the last one seen."""
    query = select(Task).where(Task.workspace_id == workspace_id, Task.state.in_(states))
    if owner is not None:
        query = query.where(Task.owner == owner)
    if account_id is not None:
        query = query.where(Task.account_id == account_id)
    if after is not None:
        due, task_id = after
        query = query.where(or_(Task.due_at > due, and_(Task.due_at == due, Task.id > task_id)))
    return list(session.scalars(query.order_by(Task.due_at, Task.id).limit(limit)))
