"""A person answers a signal that started nothing: with a task, or with a reason why nothing is needed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.business_days import due_after
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.domain.local_day import zone_of
from waypost_server.services.choose_owner import choose_owner
from waypost_server.services.put_task import yearly_value
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_history import note as add_note
from waypost_server.store import audit, play_runs, signals, tasks
from waypost_server.store.tables import Account, Signal, Task

DUE_DAYS = 2


def make_task(runtime: Runtime, workspace_id: str, signal_id: str, *, actor: str, title: str = "") -> Task:
    """A task about the signal, for the account's owner or whoever has least; a second call gives the same task.

    Raises NotFoundError for an unknown signal, ConflictError for one that is closed.
    """
    with runtime.db.write() as session:
        signal = _open_signal(session, workspace_id, signal_id)
        account = play_runs.lock_accounts(session, workspace_id, {signal.account_id}).get(signal.account_id)
        if account is None:
            raise NotFoundError("The account of this signal is gone.")
        values, absent = _values(session, runtime, signal, account, title.strip()[:200])
        if tasks.put(session, values):
            tasks.add_signal(session, workspace_id, values["id"], signal_id, at=runtime.clock())
            add_note(session, runtime, workspace_id, values["id"], actor=actor, kind="created", note=absent)
            _answered(session, runtime, signal, actor, "task", "A person made a task of it.")
        task = tasks.by_dedupe(session, workspace_id, values["dedupe_key"])
        session.flush()
        session.expunge(task)
    runtime.doorbell.ring()
    return task


def leave(runtime: Runtime, workspace_id: str, signal_id: str, *, actor: str, reason: str) -> None:
    """Nothing is done about the signal, and this is why. Raises as `make_task` does, and for an empty reason."""
    words = reason.strip()
    if not words:
        raise BadInputError("Say in a few words why nothing is needed.", code="reason_required")
    with runtime.db.write() as session:
        signal = _open_signal(session, workspace_id, signal_id)
        _answered(session, runtime, signal, actor, "none", words[:500])


def _open_signal(session: Session, workspace_id: str, signal_id: str) -> Signal:
    signal = signals.by_id(session, workspace_id, {signal_id}).get(signal_id)
    if signal is None:
        raise NotFoundError("There is no such signal.")
    if signal.state != "open":
        raise ConflictError(
            "The signal is over by now; nothing needs to be done.", detail={"state": "closed"}
        )
    return signal


def _values(
    session: Session, runtime: Runtime, signal: Signal, account: Account, title: str
) -> tuple[dict[str, Any], str]:
    """The new task, and why it is not the account's owner's."""
    workspace_id, now = signal.workspace_id, runtime.clock()
    zone = runtime.releases.standing(session, workspace_id).zone
    owner, absent = choose_owner(session, workspace_id, account.owner, now=now, zone=zone)
    zone = zone_of(owner.timezone, zone) if owner is not None and owner.timezone else zone
    named = str(signal.evidence.get("title") or signal.kind.replace("_", " ").capitalize())
    values = {
        "workspace_id": workspace_id,
        "id": runtime.new_id(),
        "account_id": account.id,
        "signal_id": signal.id,
        "dedupe_key": f"signal:{signal.id}",
        "title": title or f"{account.name or account.id}: {named}"[:200],
        "draft": "",
        "evidence": {"kind": signal.kind, **signal.evidence},
        "severity": signal.severity,
        "value": yearly_value(account),
        "next_step": account.next_step or "",
        "owner": owner.id if owner else None,
        "state": "open",
        "due_at": due_after(now, DUE_DAYS, zone),
        "due_days": DUE_DAYS,
        "created_at": now,
    }
    return values, absent


def _answered(
    session: Session, runtime: Runtime, signal: Signal, actor: str, handling: str, reason: str
) -> None:
    before = {"handling": signal.handling, "reason": signal.handling_reason}
    signals.handle(session, signal.workspace_id, signal.id, handling=handling, reason=reason)
    entry = audit.Entry(
        runtime.new_id(),
        runtime.clock(),
        actor,
        f"signal.{'answer' if handling == 'task' else 'leave'}",
        f"signal:{signal.id}",
        before,
        {"handling": handling, "reason": reason},
    )
    audit.append(session, signal.workspace_id, entry)
