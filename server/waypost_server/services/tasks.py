"""What a person does with a task. Each is one conditional write, a line in its history and in the audit."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.runtime import Runtime
from waypost_server.store import deliveries, play_runs, signals, tasks
from waypost_server.store.tables import Audit, Task

CONTACTS = ("call", "meeting", "message")
_CLOSED = ("done", "dismissed")


def acknowledge(runtime: Runtime, workspace_id: str, task_id: str, *, actor: str) -> Task:
    """ "I have seen it": open or snoozed → acknowledged."""
    return _move(
        runtime,
        workspace_id,
        task_id,
        actor=actor,
        kind="acknowledged",
        among=("open", "snoozed"),
        values={"state": "acknowledged", "snoozed_until": None},
    )


def done(
    runtime: Runtime, workspace_id: str, task_id: str, *, actor: str, outcome: str, note: str = ""
) -> Task:
    """Close with what came of it (a few words, required)."""
    words = outcome.strip()
    if not words:
        raise BadInputError("Say in a few words what came of it.", code="outcome_required")
    return _move(
        runtime,
        workspace_id,
        task_id,
        actor=actor,
        kind="done",
        among=tasks.OPEN,
        values={"state": "done", "outcome": words[:200], "ended_at": runtime.clock(), "snoozed_until": None},
        note=note.strip()[:2000] or words[:200],
    )


def snooze(
    runtime: Runtime, workspace_id: str, task_id: str, *, actor: str, until: datetime, note: str = ""
) -> Task:
    """Put aside until a time in the future."""
    if until <= runtime.clock():
        raise BadInputError("Choose a time in the future.", code="snooze_in_the_past")
    return _move(
        runtime,
        workspace_id,
        task_id,
        actor=actor,
        kind="snoozed",
        among=tasks.OPEN,
        values={"state": "snoozed", "snoozed_until": until},
        note=note.strip()[:2000] or f"until {until.isoformat()}",
    )


def dismiss(runtime: Runtime, workspace_id: str, task_id: str, *, actor: str, reason: str) -> Task:
    """Close without doing it, saying why (required)."""
    words = reason.strip()
    if not words:
        raise BadInputError("Say why it needs no work.", code="reason_required")
    return _move(
        runtime,
        workspace_id,
        task_id,
        actor=actor,
        kind="dismissed",
        among=tasks.OPEN,
        values={
            "state": "dismissed",
            "outcome": words[:200],
            "ended_at": runtime.clock(),
            "snoozed_until": None,
        },
        note=words[:2000],
    )


def reopen(runtime: Runtime, workspace_id: str, task_id: str, *, actor: str) -> Task:
    """Undo: anything that is not open becomes open again."""
    return _move(
        runtime,
        workspace_id,
        task_id,
        actor=actor,
        kind="reopened",
        among=("acknowledged", "snoozed", *_CLOSED),
        values={"state": "open", "outcome": None, "ended_at": None, "snoozed_until": None},
    )


def log_contact(
    runtime: Runtime,
    workspace_id: str,
    task_id: str,
    *,
    actor: str,
    channel: str,
    user_id: str = "",
    note: str = "",
) -> Task:
    """A call, meeting or message by a person: a touch like any other, noted on the task."""
    if channel not in CONTACTS:
        raise BadInputError(f"A contact is one of {', '.join(CONTACTS)}.", code="bad_channel")
    with runtime.db.write() as session:
        task = _get(session, workspace_id, task_id)
        deliveries.reserve_touch(
            session,
            {
                "workspace_id": workspace_id,
                "id": f"contact:{runtime.new_id()}",
                "account_id": task.account_id,
                "user_id": user_id,
                "channel": channel,
                "kind": "passive",
                "at": runtime.clock(),
            },
        )
        _note(session, runtime, task, actor=actor, kind="note", note=f"{channel}: {note.strip()[:2000]}")
        return task


def _move(
    runtime: Runtime,
    workspace_id: str,
    task_id: str,
    *,
    actor: str,
    kind: str,
    among: Collection[str],
    values: dict[str, Any],
    note: str = "",
) -> Task:
    with runtime.db.write() as session:
        task = _get(session, workspace_id, task_id)
        before = task.state
        if not tasks.move(session, workspace_id, task_id, among=among, values=values):
            raise ConflictError(f"The task is {before} by now; reload it.", detail={"state": before})
        session.refresh(task)
        _note(session, runtime, task, actor=actor, kind=kind, note=note)
        session.add(
            Audit(
                workspace_id=workspace_id,
                id=runtime.new_id(),
                at=runtime.clock(),
                actor=actor,
                action=f"task.{kind}",
                object=f"task:{task_id}",
                before={"state": before},
                after={"state": task.state},
            )
        )
        if task.state in _CLOSED:
            _closed(session, runtime, task)
        session.flush()
        session.expunge(task)
    if task.state in _CLOSED:
        runtime.doorbell.ring()
    return task


def _closed(session: Session, runtime: Runtime, task: Task) -> None:
    """Its signal says so, and digital plays that waited for the person may go on."""
    if task.signal_id:
        said = "done" if task.state == "done" else "dismissed"
        reason = f"Task {said}: {task.outcome or ''}".strip()
        signals.handle(session, task.workspace_id, task.signal_id, handling="run", reason=reason)
    if task.mute_digital:
        play_runs.poke_held(session, task.workspace_id, task.account_id, now=runtime.clock())


def _get(session: Session, workspace_id: str, task_id: str) -> Task:
    task = tasks.find(session, workspace_id, task_id)
    if task is None:
        raise NotFoundError("There is no such task.")
    return task


def _note(session: Session, runtime: Runtime, task: Task, *, actor: str, kind: str, note: str) -> None:
    tasks.note(
        session,
        {
            "workspace_id": task.workspace_id,
            "id": runtime.new_id(),
            "task_id": task.id,
            "at": runtime.clock(),
            "actor": actor,
            "kind": kind,
            "note": note,
        },
    )
