"""What a person does with a task. Each is one conditional write, a line in its history and in the audit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.business_days import due_after
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.local_day import zone_of
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_history import note as add_note
from waypost_server.store import audit, console_users, play_runs, signals, tasks
from waypost_server.store.tables import Task, Workspace

CLOSED = ("done", "dismissed", "resolved")
UNDO = timedelta(days=30)  # a closed task can be opened again for so long


@dataclass(frozen=True, slots=True)
class By:
    """Who changes a task. `version`: only if it still is at this version. `is_mirror`: the CRM that mirrors tasks
    did it, so it is not told about it."""

    actor: str
    version: int | None = None
    is_mirror: bool = False


def acknowledge(runtime: Runtime, workspace_id: str, task_id: str, *, by: By) -> Task:
    """ "I have seen it": open or snoozed → acknowledged. It is held back no longer."""
    values = {"state": "acknowledged", "snoozed_until": None, "held_at": None}
    return _move(
        runtime, workspace_id, task_id, by, kind="acknowledged", among=("open", "snoozed"), values=values
    )


def done(runtime: Runtime, workspace_id: str, task_id: str, *, by: By, outcome: str, note: str = "") -> Task:
    """Close with what came of it (a few words, required)."""
    words = outcome.strip()
    if not words:
        raise BadInputError("Say in a few words what came of it.", code="outcome_required")
    values = _ended("done", words, runtime.clock())
    return _move(
        runtime, workspace_id, task_id, by, kind="done", among=tasks.OPEN, values=values, note=note or words
    )


def dismiss(runtime: Runtime, workspace_id: str, task_id: str, *, by: By, reason: str) -> Task:
    """Close without doing it, saying why (required)."""
    words = reason.strip()
    if not words:
        raise BadInputError("Say why it needs no work.", code="reason_required")
    values = _ended("dismissed", words, runtime.clock())
    return _move(
        runtime, workspace_id, task_id, by, kind="dismissed", among=tasks.OPEN, values=values, note=words
    )


def snooze(
    runtime: Runtime, workspace_id: str, task_id: str, *, by: By, until: datetime, note: str = ""
) -> Task:
    """Put aside until a time in the future. What was due before then is due on the day it comes back."""
    if until <= runtime.clock():
        raise BadInputError("Choose a time in the future.", code="snooze_in_the_past")
    with runtime.db.read() as session:
        zone = zone_of(session.get_one(Workspace, workspace_id).timezone)
        due_at = _get(session, workspace_id, task_id).due_at
    values = {"state": "snoozed", "snoozed_until": until, "held_at": None, "escalated_at": None}
    values["due_at"] = max(due_at, due_after(until, 0, zone))
    words = note or f"until {until.isoformat()}"
    return _move(
        runtime, workspace_id, task_id, by, kind="snoozed", among=tasks.OPEN, values=values, note=words
    )


def reopen(runtime: Runtime, workspace_id: str, task_id: str, *, by: By) -> Task:
    """Undo: anything that is not open becomes open again; a closed task for 30 days after its end.

    What is overdue by then is not escalated a second time.
    """
    with runtime.db.read() as session:
        ended_at = _get(session, workspace_id, task_id).ended_at
    if ended_at is not None and runtime.clock() - ended_at > UNDO:
        raise ConflictError(
            f"The task ended more than {UNDO.days} days ago. Look at the account: what is still so shows up anew.",
            code="too_late",
        )
    values = {"state": "open", "outcome": None, "ended_at": None, "snoozed_until": None}
    return _move(
        runtime,
        workspace_id,
        task_id,
        by,
        kind="reopened",
        among=("acknowledged", "snoozed", *CLOSED),
        values=values,
    )


def reassign(
    runtime: Runtime, workspace_id: str, task_id: str, *, by: By, owner: str, note: str = ""
) -> Task:
    """Hand an open task to somebody else, by id or e-mail. Raises BadInputError for nobody we know."""
    with runtime.db.read() as session:
        _get(session, workspace_id, task_id)
        person = console_users.get(session, workspace_id, owner) or console_users.by_email(
            session, workspace_id, owner
        )
    if person is None or person.disabled_at is not None:
        raise BadInputError("There is no console user with this id or e-mail.", code="unknown_owner")
    words = f"to {person.name}" + (f": {note}" if note else "")
    return _move(
        runtime,
        workspace_id,
        task_id,
        by,
        kind="reassigned",
        among=tasks.OPEN,
        values={"owner": person.id, "held_at": None},
        note=words,
    )


def comment(runtime: Runtime, workspace_id: str, task_id: str, *, by: By, note: str) -> Task:
    """Add a line to its history, in whatever state it is."""
    if not note.strip():
        raise BadInputError("Write what the team should know.", code="note_required")
    return _move(
        runtime,
        workspace_id,
        task_id,
        by,
        kind="note",
        among=(*tasks.OPEN, *CLOSED),
        values={},
        note=note,
    )


def link(runtime: Runtime, workspace_id: str, task_id: str, *, by: By, external_id: str) -> Task:
    """Note its id in the system that mirrors it; '' forgets it."""
    return _move(
        runtime,
        workspace_id,
        task_id,
        by,
        kind="linked",
        among=(*tasks.OPEN, *CLOSED),
        values={"external_id": external_id},
        note=external_id,
    )


def _ended(state: str, words: str, now: datetime) -> dict[str, Any]:
    return {
        "state": state,
        "outcome": words[:200],
        "ended_at": now,
        "snoozed_until": None,
        "held_at": None,
    }


def _move(
    runtime: Runtime,
    workspace_id: str,
    task_id: str,
    by: By,
    *,
    kind: str,
    among: Collection[str],
    values: dict[str, Any],
    note: str = "",
) -> Task:
    with runtime.db.write() as session:
        task = _get(session, workspace_id, task_id)
        before = {"state": task.state, "owner": task.owner}
        if not tasks.change(session, workspace_id, task_id, among=among, values=values, version=by.version):
            session.refresh(task)
            raise _conflict(task, by)
        session.refresh(task)
        _write_down(session, runtime, task, by, kind=kind, note=note.strip(), before=before)
        if task.state in CLOSED and before["state"] not in CLOSED:
            _closed(session, runtime, task)
        session.flush()
        session.expunge(task)
    runtime.doorbell.ring()  # the owner or the CRM may have to be told, and somebody may have room now
    return task


def _conflict(task: Task, by: By) -> ConflictError:
    detail = {"state": task.state, "version": task.version}
    if by.version is not None and by.version != task.version:
        return ConflictError(
            f"The task is at version {task.version} by now, not {by.version}; read it again.",
            code="version_changed",
            detail=detail,
        )
    return ConflictError(f"The task is {task.state} by now; reload it.", detail=detail)


def _write_down(
    session: Session,
    runtime: Runtime,
    task: Task,
    by: By,
    *,
    kind: str,
    note: str,
    before: dict[str, Any],
) -> None:
    add_note(
        session,
        runtime,
        task.workspace_id,
        task.id,
        actor=by.actor,
        kind=kind,
        note=note,
        relayed=by.is_mirror and kind != "reassigned",
    )
    after = {"state": task.state, "owner": task.owner}
    entry = audit.Entry(
        runtime.new_id(), runtime.clock(), by.actor, f"task.{kind}", f"task:{task.id}", before, after
    )
    audit.append(session, task.workspace_id, entry)


def _closed(session: Session, runtime: Runtime, task: Task) -> None:
    """Its signal says so, and digital plays that waited for the person may go on."""
    said = f"Task {task.state}: {task.outcome or ''}".strip()
    for signal_id in tasks.signals_of(session, task.workspace_id, task.id):
        signals.handle(session, task.workspace_id, signal_id, handling="run", reason=said)
    if task.mute_digital:
        play_runs.poke_held(session, task.workspace_id, task.account_id, now=runtime.clock())


def _get(session: Session, workspace_id: str, task_id: str) -> Task:
    task = tasks.find(session, workspace_id, task_id)
    if task is None:
        raise NotFoundError("There is no such task.")
    return task
