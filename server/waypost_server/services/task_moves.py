"""The moves a task can make, and the one place that makes them: conditional, with history and audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.business_days import due_after
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError, StaleError
from waypost_server.domain.local_day import day_of, spoken
from waypost_server.services import message_drafts
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_history import note as add_note
from waypost_server.store import audit, console_users, play_runs, signals, tasks
from waypost_server.store.tables import Task

CLOSED = ("done", "dismissed", "resolved")
EVERY = (*tasks.OPEN, *CLOSED)
UNDO = timedelta(days=30)  # a closed task can be opened again for so long


@dataclass(frozen=True, slots=True)
class By:
    """Who changes a task. `version`: only if it still is at this version. `is_mirror`: the CRM that mirrors tasks
    did it, so it is not told about it."""

    actor: str
    version: int | None = None
    is_mirror: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One change: what the history calls it, from which states it is legal, the new values, words for the history."""

    kind: str
    among: tuple[str, ...]
    values: dict[str, Any] = field(default_factory=dict)
    note: str = ""


# --- what can be done -----------------------------------------------------------------------------
def acknowledged() -> Move:
    """ "I have seen it." It is held back no longer."""
    values = {"state": "acknowledged", "snoozed_until": None, "held_at": None}
    return Move("acknowledged", ("open", "snoozed"), values)


def done(now: datetime, outcome: str, note: str = "") -> Move:
    """Closed with what came of it. Raises BadInputError without words."""
    if not outcome.strip():
        raise BadInputError("Say in a few words what came of it.", code="outcome_required")
    return Move("done", tasks.OPEN, _ended("done", outcome, now), note or outcome)


def dismissed(now: datetime, reason: str) -> Move:
    """Closed without doing it. Raises BadInputError without a reason."""
    if not reason.strip():
        raise BadInputError("Say why it needs no work.", code="reason_required")
    return Move("dismissed", tasks.OPEN, _ended("dismissed", reason, now), reason)


def snoozed(task: Task, now: datetime, until: datetime, zone: tzinfo, note: str = "") -> Move:
    """Put aside until a time in the future. What was due before then is due on the day it comes back."""
    if until <= now:
        raise BadInputError("Choose a time in the future.", code="snooze_in_the_past")
    values = {"state": "snoozed", "snoozed_until": until, "held_at": None, "escalated_at": None}
    values["due_at"] = max(task.due_at, due_after(until, 0, zone))
    return Move(
        "snoozed", tasks.OPEN, values, note or f"until {spoken(day_of(until, zone), day_of(now, zone))}"
    )


def reopened(task: Task, now: datetime) -> Move:
    """Undo: anything that is not open becomes open again. Raises ConflictError 30 days after a task's end."""
    if task.ended_at is not None and now - task.ended_at > UNDO:
        raise ConflictError(
            f"The task ended more than {UNDO.days} days ago. Look at the account: what is still so shows up anew.",
            code="too_late",
        )
    values = {"state": "open", "outcome": None, "ended_at": None, "snoozed_until": None}
    return Move("reopened", ("acknowledged", "snoozed", *CLOSED), values)


def reassigned(session: Session, workspace_id: str, owner: str, note: str = "") -> Move:
    """Handed to somebody else, by id or e-mail. Raises BadInputError for nobody we know."""
    person = console_users.get(session, workspace_id, owner) or console_users.by_email(
        session, workspace_id, owner
    )
    if person is None or person.disabled_at is not None:
        raise BadInputError("There is no console user with this id or e-mail.", code="unknown_owner")
    words = f"to {person.name}" + (f": {note}" if note else "")
    return Move("reassigned", tasks.OPEN, {"owner": person.id, "held_at": None}, words)


def noted(note: str) -> Move:
    """A line for the history. Raises BadInputError when it is empty."""
    if not note.strip():
        raise BadInputError("Write what the team should know.", code="note_required")
    return Move("note", EVERY, note=note)


def linked(external_id: str) -> Move:
    """Its id in the system that mirrors it; '' forgets it."""
    return Move("linked", EVERY, {"external_id": external_id}, external_id)


def _ended(state: str, words: str, now: datetime) -> dict[str, Any]:
    return {
        "state": state,
        "outcome": words.strip()[:200],
        "ended_at": now,
        "snoozed_until": None,
        "held_at": None,
    }


# --- doing it -------------------------------------------------------------------------------------
def find(session: Session, workspace_id: str, task_id: str) -> Task:
    """The task. Raises NotFoundError."""
    task = tasks.find(session, workspace_id, task_id)
    if task is None:
        raise NotFoundError("There is no such task.")
    return task


def make(session: Session, runtime: Runtime, task: Task, moves: Sequence[Move], by: By) -> None:
    """Make the moves in order, all or none. Raises ConflictError when the task is not as
    they expect, StaleError when it has another version."""
    version = by.version
    for move in moves:
        before = {"state": task.state, "owner": task.owner}
        if not tasks.change(
            session, task.workspace_id, task.id, among=move.among, values=move.values, version=version
        ):
            session.refresh(task)
            raise _conflict(task, version)
        session.refresh(task)
        version = None if version is None else task.version
        _write_down(session, runtime, task, move, by, before)
        if task.state in CLOSED and before["state"] not in CLOSED:
            message_drafts.skip(session, task, actor=by.actor, now=runtime.clock())
            _closed(session, runtime, task)
        elif move.kind == "reopened":
            message_drafts.take_back(session, task, now=runtime.clock())


def _conflict(task: Task, version: int | None) -> ConflictError:
    detail = {"state": task.state, "version": task.version}
    if version is not None and version != task.version:
        message = f"The task is at version {task.version} by now, not {version}; read it again."
        return StaleError(message, detail=detail)
    return ConflictError(f"The task is {task.state} by now; reload it.", detail=detail)


def _write_down(
    session: Session, runtime: Runtime, task: Task, move: Move, by: By, before: dict[str, Any]
) -> None:
    """A line of history, which the CRM and the owner are told later, and one of the audit."""
    add_note(
        session,
        runtime,
        task.workspace_id,
        task.id,
        actor=by.actor,
        kind=move.kind,
        note=move.note.strip(),
        is_mirrored=by.is_mirror,
    )
    after = {"state": task.state, "owner": task.owner}
    entry = audit.Entry(
        runtime.new_id(), runtime.clock(), by.actor, f"task.{move.kind}", f"task:{task.id}", before, after
    )
    audit.append(session, task.workspace_id, entry)


def _closed(session: Session, runtime: Runtime, task: Task) -> None:
    """Its signals say so, and digital plays that waited for the person may go on."""
    said = f"Task {task.state}: {task.outcome or ''}".strip()
    for signal_id in tasks.signals_of(session, task.workspace_id, task.id):
        signals.handle(session, task.workspace_id, signal_id, handling="run", reason=said)
    if task.mute_digital:
        play_runs.poke_held(session, task.workspace_id, task.account_id, now=runtime.clock())
