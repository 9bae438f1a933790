"""The lines of tasks' histories that nobody was told about yet, and who is to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, ConsoleUser, Task, TaskEvent, Workspace
from waypost_server.store.types import AnyRow


@dataclass(frozen=True, slots=True)
class Untold:
    """A line of history with its task as it is now."""

    event: TaskEvent
    task: Task
    account_name: str


def workspaces(session: Session) -> list[str]:
    """Workspaces with something to tell."""
    there = (
        select(TaskEvent.id)
        .where(TaskEvent.workspace_id == Workspace.id, TaskEvent.relayed.is_(False))
        .exists()
    )
    return list(session.scalars(select(Workspace.id).where(there).order_by(Workspace.id)))


def take(session: Session, workspace_id: str, limit: int) -> list[Untold]:
    """The oldest lines, marked as told in this transaction; no other worker gets the same ones."""
    untold = (TaskEvent.workspace_id == workspace_id, TaskEvent.relayed.is_(False))
    ids = session.scalars(
        select(TaskEvent.id)
        .where(*untold)
        .order_by(TaskEvent.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    session.execute(
        update(TaskEvent)
        .where(*untold, TaskEvent.id.in_(ids))
        .values(relayed=True)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(
        select(TaskEvent, Task, Account.name)
        .join(Task, (Task.workspace_id == TaskEvent.workspace_id) & (Task.id == TaskEvent.task_id))
        .outerjoin(Account, (Account.workspace_id == Task.workspace_id) & (Account.id == Task.account_id))
        .where(TaskEvent.workspace_id == workspace_id, TaskEvent.id.in_(ids))
        .order_by(TaskEvent.id)
    )
    return [Untold(event, task, name or task.account_id) for event, task, name in rows]


def people(session: Session, workspace_id: str, ids: Collection[str]) -> dict[str, ConsoleUser]:
    """Console users by id, disabled or not."""
    rows = session.scalars(
        select(ConsoleUser).where(ConsoleUser.workspace_id == workspace_id, ConsoleUser.id.in_(ids))
    )
    return {row.id: row for row in rows}


def without_digest(session: Session, day: date) -> Sequence[AnyRow]:
    """People who work tasks and whose digest of `day` is not made yet: workspace, id, zone, last digest; everywhere."""
    query = select(
        ConsoleUser.workspace_id, ConsoleUser.id, ConsoleUser.timezone, ConsoleUser.digest_on
    ).where(
        ConsoleUser.disabled_at.is_(None),
        ConsoleUser.role.in_(("csm", "approver", "admin")),
        or_(ConsoleUser.digest_on.is_(None), ConsoleUser.digest_on < day),
    )
    return session.execute(query.order_by(ConsoleUser.workspace_id, ConsoleUser.id)).all()


def open_of(session: Session, workspace_id: str, person: str, limit: int) -> list[tuple[Task, str]]:
    """A person's open tasks and those escalated to them with the accounts' names, the first due first."""
    rows = session.execute(
        select(Task, Account.name)
        .outerjoin(Account, (Account.workspace_id == Task.workspace_id) & (Account.id == Task.account_id))
        .where(
            Task.workspace_id == workspace_id,
            Task.state.in_(("open", "acknowledged")),
            or_(Task.owner == person, Task.escalated_to == person),
        )
        .order_by(Task.due_at, Task.id)
        .limit(limit)
    )
    return [(task, name or task.account_id) for task, name in rows]


def begin_digest(session: Session, workspace_id: str, person: str, day: date) -> ConsoleUser | None:
    """Note that a person's digest of a day is made; the person, or None when it was made before."""
    return session.scalar(
        update(ConsoleUser)
        .where(
            ConsoleUser.workspace_id == workspace_id,
            ConsoleUser.id == person,
            or_(ConsoleUser.digest_on.is_(None), ConsoleUser.digest_on < day),
        )
        .values(digest_on=day)
        .returning(ConsoleUser)
        .execution_options(synchronize_session=False)
    )
