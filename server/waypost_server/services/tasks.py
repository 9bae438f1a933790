"""What a person does with a task. Each is one conditional write, a line in its history and in the audit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.domain.local_day import zone_of
from waypost_server.services import task_moves
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_moves import By, Move
from waypost_server.store.tables import Task, Workspace


def acknowledge(runtime: Runtime, workspace_id: str, task_id: str, *, by: By) -> Task:
    """ "I have seen it": open or snoozed → acknowledged."""
    return _move(runtime, workspace_id, task_id, by, lambda session, task: task_moves.acknowledged())


def done(runtime: Runtime, workspace_id: str, task_id: str, *, by: By, outcome: str, note: str = "") -> Task:
    """Close with what came of it (a few words, required)."""
    move = task_moves.done(runtime.clock(), outcome, note)
    return _move(runtime, workspace_id, task_id, by, lambda session, task: move)


def dismiss(runtime: Runtime, workspace_id: str, task_id: str, *, by: By, reason: str) -> Task:
    """Close without doing it, saying why (required)."""
    move = task_moves.dismissed(runtime.clock(), reason)
    return _move(runtime, workspace_id, task_id, by, lambda session, task: move)


def snooze(
    runtime: Runtime, workspace_id: str, task_id: str, *, by: By, until: datetime, note: str = ""
) -> Task:
    """Put aside until a time in the future. What was due before then is due on the day it comes back."""

    def move(session: Session, task: Task) -> Move:
        zone = zone_of(session.get_one(Workspace, workspace_id).timezone)
        return task_moves.snoozed(task, runtime.clock(), until, zone, note)

    return _move(runtime, workspace_id, task_id, by, move)


def reopen(runtime: Runtime, workspace_id: str, task_id: str, *, by: By) -> Task:
    """Undo: anything that is not open becomes open again; a closed task for 30 days after its end.

    What is overdue by then is not escalated a second time.
    """
    return _move(
        runtime,
        workspace_id,
        task_id,
        by,
        lambda session, task: task_moves.reopened(task, runtime.clock()),
    )


def reassign(
    runtime: Runtime, workspace_id: str, task_id: str, *, by: By, owner: str, note: str = ""
) -> Task:
    """Hand an open task to somebody else, by id or e-mail. Raises BadInputError for nobody we know."""
    return _move(
        runtime,
        workspace_id,
        task_id,
        by,
        lambda session, task: task_moves.reassigned(session, workspace_id, owner, note),
    )


def comment(runtime: Runtime, workspace_id: str, task_id: str, *, by: By, note: str) -> Task:
    """Add a line to its history, in whatever state it is."""
    move = task_moves.noted(note)
    return _move(runtime, workspace_id, task_id, by, lambda session, task: move)


def _move(
    runtime: Runtime, workspace_id: str, task_id: str, by: By, chosen: Callable[[Session, Task], Move]
) -> Task:
    with runtime.db.write() as session:
        task = task_moves.find(session, workspace_id, task_id)
        task_moves.make(session, runtime, task, [chosen(session, task)], by)
        session.flush()
        session.expunge(task)
    runtime.doorbell.ring()  # the owner or the CRM may have to be told, and somebody may have room now
    return task
