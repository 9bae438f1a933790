"""A further signal for an account whose task is still open joins it as evidence; there is no second task."""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.services.runtime import Runtime
from waypost_server.services.task_history import SOFTWARE, note
from waypost_server.store import tasks
from waypost_server.store.tables import Task


def join_task(
    session: Session, runtime: Runtime, task: Task, *, signal_id: str, severity: float, words: str
) -> None:
    """Add the signal to the task, once; the task becomes as severe as the worst of them.

    The caller holds the account's row, so no other worker joins at the same time.
    """
    now = runtime.clock()
    if signal_id and tasks.add_signal(session, task.workspace_id, task.id, signal_id, at=now):
        tasks.change(
            session,
            task.workspace_id,
            task.id,
            among=tasks.OPEN,
            values={"severity": max(task.severity, severity)},
        )
        note(session, runtime, task.workspace_id, task.id, actor=SOFTWARE, kind="evidence", note=words)
