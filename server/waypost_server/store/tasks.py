"""Tasks and what happened to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, insert, or_, select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import ConsoleUser, Signal, Task, TaskEvent, TaskSignal
from waypost_server.store.written import written

OPEN = ("open", "acknowledged", "snoozed")


def put(session: Session, values: Mapping[str, Any]) -> bool:
    """Add a task unless its dedupe key is known; True when it is new."""
    return insert_new(session, Task, values)


def find(session: Session, workspace_id: str, task_id: str) -> Task | None:
    """One task."""
    return session.get(Task, (workspace_id, task_id))


def hold(session: Session, workspace_id: str, task_id: str) -> Task | None:
    """One task, locked until the commit. Whoever changes its draft too locks the task first."""
    query = select(Task).where(Task.workspace_id == workspace_id, Task.id == task_id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def by_dedupe(session: Session, workspace_id: str, dedupe_key: str) -> Task:
    """The task of a key that has been put."""
    query = select(Task).where(Task.workspace_id == workspace_id, Task.dedupe_key == dedupe_key)
    return session.scalars(query).one()


def change(
    session: Session,
    workspace_id: str,
    task_id: str,
    *,
    among: Collection[str],
    values: Mapping[str, Any],
    version: int | None = None,
) -> bool:
    """Change a task that is in one of these states (and has this version); False when it is not. Its version grows."""
    query = update(Task).where(Task.workspace_id == workspace_id, Task.id == task_id, Task.state.in_(among))
    if version is not None:
        query = query.where(Task.version == version)
    return bool(
        written(
            session,
            query.values(version=Task.version + 1, **values).execution_options(synchronize_session=False),
        )
    )


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


def open_of_plays(
    session: Session, workspace_id: str, accounts: Collection[str]
) -> dict[tuple[str, str], Task]:
    """(account, play) → its open task, the oldest where there are several."""
    rows = session.scalars(
        select(Task)
        .where(Task.workspace_id == workspace_id, Task.account_id.in_(accounts), Task.state.in_(OPEN))
        .order_by(Task.created_at.desc(), Task.id.desc())
    )
    return {(row.account_id, row.play): row for row in rows}


def add_signal(session: Session, workspace_id: str, task_id: str, signal_id: str, *, at: datetime) -> bool:
    """Put a signal behind a task; False when it was there before."""
    values = {"workspace_id": workspace_id, "task_id": task_id, "signal_id": signal_id, "at": at}
    return insert_new(session, TaskSignal, values)


def signals_of(session: Session, workspace_id: str, task_id: str) -> Sequence[str]:
    """The signals behind a task."""
    query = select(TaskSignal.signal_id).where(
        TaskSignal.workspace_id == workspace_id, TaskSignal.task_id == task_id
    )
    return session.scalars(query.order_by(TaskSignal.signal_id)).all()


def of_signals(
    session: Session, workspace_id: str, signals: Collection[str]
) -> Sequence[tuple[Task, str, int]]:
    """Open tasks behind which one of these signals stands, with that signal and how many of a task's are still open."""
    of_task = (
        select(func.count())
        .select_from(TaskSignal)
        .join(
            Signal,
            (Signal.workspace_id == TaskSignal.workspace_id) & (Signal.id == TaskSignal.signal_id),
        )
        .where(
            TaskSignal.workspace_id == Task.workspace_id,
            TaskSignal.task_id == Task.id,
            Signal.state == "open",
        )
        .correlate(Task)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Task, func.min(TaskSignal.signal_id), of_task)
        .join(TaskSignal, (TaskSignal.workspace_id == Task.workspace_id) & (TaskSignal.task_id == Task.id))
        .where(Task.workspace_id == workspace_id, TaskSignal.signal_id.in_(signals), Task.state.in_(OPEN))
        .group_by(Task.workspace_id, Task.id)
        .order_by(Task.id)
    )
    return [(task, signal_id, still_open) for task, signal_id, still_open in rows]


def owner_for(
    session: Session, workspace_id: str, account_owner: str | None, *, but: Collection[str] = ()
) -> ConsoleUser | None:
    """Who gets a new task: the account's owner while they have a login, else the CSM with the fewest open tasks
    (by id when equal), never one of `but`; None when there is nobody."""
    load = func.count(Task.id)
    first = case((ConsoleUser.id == account_owner, 0), else_=1) if account_owner else load
    return session.scalar(
        select(ConsoleUser)
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
            or_(ConsoleUser.role == "csm", ConsoleUser.id == (account_owner or "")),
            ConsoleUser.disabled_at.is_(None),
            ConsoleUser.id.not_in(but),
        )
        .group_by(ConsoleUser.workspace_id, ConsoleUser.id)
        .order_by(first, load, ConsoleUser.id)
        .limit(1)
    )


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
