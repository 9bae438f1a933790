"""A CRM that mirrors tasks changes one: every part of the change together, only from the version it knows.

The answer tells it the new version, so nothing of this goes back to it: two systems cannot send each other
the same change for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError
from waypost_server.domain.local_day import zone_of
from waypost_server.services import task_moves
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_moves import By, Move
from waypost_server.store.tables import Task, Workspace


@dataclass(frozen=True, slots=True)
class Change:
    """What the CRM says. None: not said. `state` needs `outcome` (done), `reason` (dismissed) or `until` (snoozed)."""

    state: str | None = None
    outcome: str = ""
    reason: str = ""
    until: datetime | None = None
    owner: str | None = None
    external_id: str | None = None
    note: str = ""


def mirror_task(runtime: Runtime, workspace_id: str, task_id: str, change: Change, *, by: By) -> Task:
    """Apply the change. Raises NotFoundError, ConflictError, and BadInputError for a change that lacks a word."""
    with runtime.db.write() as session:
        task = task_moves.find(session, workspace_id, task_id)
        task_moves.make(session, runtime, task, _moves(session, runtime, task, change), by)
        session.flush()
        session.expunge(task)
    runtime.doorbell.ring()
    return task


def _moves(session: Session, runtime: Runtime, task: Task, change: Change) -> list[Move]:
    moves: list[Move] = []
    if change.external_id is not None and change.external_id != task.external_id:
        moves.append(task_moves.linked(change.external_id))
    if change.owner is not None and change.owner != task.owner:
        moves.append(task_moves.reassigned(session, task.workspace_id, change.owner))
    if change.state is not None and change.state != task.state:
        moves.append(_state(session, runtime, task, change))
    elif change.note:
        moves.append(task_moves.noted(change.note))
    return moves


def _state(session: Session, runtime: Runtime, task: Task, change: Change) -> Move:
    now = runtime.clock()
    if change.state == "acknowledged":
        return task_moves.acknowledged()
    if change.state == "done":
        return task_moves.done(now, change.outcome, change.note)
    if change.state == "dismissed":
        return task_moves.dismissed(now, change.reason)
    if change.state == "open":
        return task_moves.reopened(task, now)
    if change.until is None:
        raise BadInputError("Say until when it is put aside: until.", code="until_required")
    zone = zone_of(session.get_one(Workspace, task.workspace_id).timezone)
    return task_moves.snoozed(task, now, change.until, zone, change.note)
