"""What happens to tasks by themselves: snoozed ones wake, late ones go to the lead, the rest is shared out; and
whoever should know is told.

Every step states what it expects to find, so a repeat, or another worker at the same time, changes nothing.
"""

from __future__ import annotations

import logging

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from waypost_server.services.make_digests import make_digests
from waypost_server.services.relay_tasks import relay_tasks
from waypost_server.services.runtime import Runtime
from waypost_server.services.share_out_tasks import share_out
from waypost_server.services.task_history import SOFTWARE, note
from waypost_server.store import console_users, task_load, task_relay, tasks
from waypost_server.store.tables import Task

log = logging.getLogger("waypost.tasks")
AT_ONCE = 200


def tend_tasks(runtime: Runtime) -> None:
    """What the time of day brings, in every workspace. For the sweep: it looks at every open task."""
    _wake(runtime)
    with runtime.db.read() as session:
        workspaces = task_load.workspaces(session)
    for workspace_id in workspaces:
        share_out(runtime, workspace_id)
    _escalate(runtime)
    make_digests(runtime)
    follow_tasks(runtime)


def follow_tasks(runtime: Runtime) -> int:
    """What follows from changes of tasks just now: shared out anew, and told. Nothing changed costs one look-up.

    Returns how much there was.
    """
    with runtime.db.read() as session:
        changed = task_relay.workspaces(session)
    return sum(_follow(runtime, workspace_id) for workspace_id in changed)


def _follow(runtime: Runtime, workspace_id: str) -> int:
    try:
        share_out(runtime, workspace_id)
        return relay_tasks(runtime, workspace_id)
    except OperationalError:  # the database is away or busy: the caller tries again
        raise
    except Exception:  # boundary: one workspace's data must not keep the others from their work
        log.exception("tasks.failed", extra={"workspace": workspace_id})
        return 0


def _wake(runtime: Runtime) -> int:
    now = runtime.clock()
    with runtime.db.read() as session:
        due = task_load.to_wake(session, now, AT_ONCE)
    if not due:
        return 0
    with runtime.db.write() as session:
        return sum(_wake_one(session, runtime, task) for task in due)


def _wake_one(session: Session, runtime: Runtime, task: Task) -> int:
    values = {"state": "open", "snoozed_until": None}
    if not tasks.change(
        session, task.workspace_id, task.id, among=("snoozed",), values=values, version=task.version
    ):
        return 0
    note(session, runtime, task.workspace_id, task.id, actor=SOFTWARE, kind="woken")
    return 1


def _escalate(runtime: Runtime) -> int:
    with runtime.db.read() as session:
        late = task_load.late(session, runtime.clock(), AT_ONCE)
        leads = {each: _lead(session, runtime, each) for each in {task.workspace_id for task in late}}
    if not late:
        return 0
    with runtime.db.write() as session:
        return sum(_escalate_one(session, runtime, task, leads[task.workspace_id]) for task in late)


def _lead(session: Session, runtime: Runtime, workspace_id: str) -> tuple[str, str] | None:
    """(id, name) of the person that policy.yaml names as lead; None when it names nobody with a login."""
    live = runtime.releases.live(session, workspace_id)
    email = live.definitions.policy.tasks.lead if live else ""
    person = console_users.by_email(session, workspace_id, email) if email else None
    return (person.id, person.name) if person is not None and person.disabled_at is None else None


def _escalate_one(session: Session, runtime: Runtime, task: Task, lead: tuple[str, str] | None) -> int:
    values = {"escalated_at": runtime.clock(), "escalated_to": lead[0] if lead else None}
    if not tasks.change(
        session, task.workspace_id, task.id, among=task_load.WORKED, values=values, version=task.version
    ):
        return 0
    words = (
        f"Overdue: told {lead[1]}." if lead else "Overdue. policy.yaml names no lead to tell (tasks: lead)."
    )
    note(session, runtime, task.workspace_id, task.id, actor=SOFTWARE, kind="escalated", note=words)
    log.info("task.escalated", extra={"task": task.id})
    return 1
