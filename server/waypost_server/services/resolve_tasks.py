"""When the signals behind a task are over, the task resolves itself, with a note; a task somebody is at stays."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from sqlalchemy.orm import Session

from waypost_server.services import message_drafts
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_history import SOFTWARE, note
from waypost_server.store import play_runs, tasks
from waypost_server.store.tables import Task

log = logging.getLogger("waypost.tasks")
OVER = {  # why a signal closed → what that means for the work; other reasons leave it as it is
    "recovered": "use has recovered",
    "resolved": "the milestone is reached",
    "faded": "the drop has faded into the account's usual",
}


def resolve_tasks(session: Session, runtime: Runtime, workspace_id: str, closed: Mapping[str, str]) -> None:
    """`closed` holds the reason by signal that has just closed in this transaction."""
    over = {signal_id: OVER[reason] for signal_id, reason in closed.items() if reason in OVER}
    if not over:
        return
    for task, signal_id, still_open in tasks.of_signals(session, workspace_id, over):
        if not still_open:
            _resolve(session, runtime, task, over[signal_id])


def _resolve(session: Session, runtime: Runtime, task: Task, why: str) -> None:
    workspace_id, now = task.workspace_id, runtime.clock()
    if task.state == "acknowledged":
        words = f"What it was about is over: {why}. Acknowledged, so it stays yours to close."
        note(session, runtime, workspace_id, task.id, actor=SOFTWARE, kind="note", note=words)
        return
    values = {"state": "resolved", "outcome": f"By itself: {why}", "ended_at": now}
    loose = {"snoozed_until": None, "held_at": None}
    if tasks.change(session, workspace_id, task.id, among=("open", "snoozed"), values={**values, **loose}):
        note(session, runtime, workspace_id, task.id, actor=SOFTWARE, kind="resolved", note=why)
        message_drafts.skip(session, task, actor=SOFTWARE, now=now)
        if task.mute_digital:
            play_runs.poke_held(session, workspace_id, task.account_id, now=now)
        log.info("task.resolved", extra={"task": task.id})
