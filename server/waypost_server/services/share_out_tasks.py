"""Hold back what a CSM has no room for this week, the least urgent first, and let it go when there is room."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from waypost_server.domain.business_days import due_after
from waypost_server.domain.local_day import day_of, spoken, start_of
from waypost_server.domain.policy import TaskPolicy
from waypost_server.domain.weeks import monday
from waypost_server.domain.workload import Work, held_back, rank, urgent_because
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_history import SOFTWARE, note
from waypost_server.store import task_load
from waypost_server.store.task_load import Load


def week_start(now: datetime, zone: tzinfo) -> datetime:
    """The Monday that began this week, as a moment."""
    return start_of(monday(day_of(now, zone)), zone)


def next_week(now: datetime, zone: tzinfo) -> date:
    """The Monday on which there is room again."""
    return monday(day_of(now, zone)) + timedelta(weeks=1)


def share_out(runtime: Runtime, workspace_id: str) -> int:
    """Look at everybody of a workspace whose held tasks may have to change; returns how many tasks did."""
    now = runtime.clock()
    with runtime.db.read() as session:
        live = runtime.releases.live(session, workspace_id)
        zone = runtime.releases.standing(session, workspace_id).zone
        policy = live.definitions.policy.tasks if live else TaskPolicy()
        loads = task_load.loads(session, workspace_id, week=week_start(now, zone), now=now)
    return sum(_person(runtime, workspace_id, each, policy, zone) for each in loads if _is_off(each, policy))


def _is_off(load: Load, policy: TaskPolicy) -> bool:
    room = policy.capacity if load.capacity is None else load.capacity
    return load.held > 0 or (room is not None and load.active + load.done > room)


def _person(runtime: Runtime, workspace_id: str, load: Load, policy: TaskPolicy, zone: tzinfo) -> int:
    room = policy.capacity if load.capacity is None else load.capacity
    now, changed = runtime.clock(), 0
    with runtime.db.write() as session:
        task_load.lock_owner(session, workspace_id, load.owner)
        rows = task_load.open_of(session, workspace_id, load.owner)
        done = task_load.done_since(session, workspace_id, load.owner, week_start(now, zone))
        left = None if room is None else max(0, room - done)
        works = [_work(row, policy, day_of(now, zone)) for row in rows]
        waiting = held_back(works, left)
        for row in rows:
            if (row.id in waiting) == (row.held_at is not None):
                continue
            again = spoken(next_week(now, zone), day_of(now, zone))
            words = f"{room} of {room} this week; there is room again on {again}"
            changed += _hold(session, runtime, workspace_id, row, words if row.id in waiting else "", zone)
    return changed


def _work(row: object, policy: TaskPolicy, today: date) -> Work:
    severity, value, renewal = row.severity, row.value, row.renewal_on  # type: ignore[attr-defined]  # a Row
    days = (renewal - today).days if renewal else None
    urgent = urgent_because(policy.urgent, severity=severity, value=value, renewal_in_days=days)
    is_fixed = bool(urgent) or row.state == "acknowledged" or row.escalated_at is not None  # type: ignore[attr-defined]
    return Work(row.id, rank(severity, value), is_fixed)  # type: ignore[attr-defined]


def _hold(
    session: Session, runtime: Runtime, workspace_id: str, row: object, words: str, zone: tzinfo
) -> int:
    """Hold back with the reason, or release: then its working days begin anew."""
    task_id, now = row.id, runtime.clock()  # type: ignore[attr-defined]
    due_at = row.due_at if words else max(row.due_at, due_after(now, row.due_days, zone))  # type: ignore[attr-defined]
    if not task_load.hold(session, workspace_id, task_id, held_at=now if words else None, due_at=due_at):
        return 0
    kind = "held" if words else "released"
    note(session, runtime, workspace_id, task_id, actor=SOFTWARE, kind=kind, note=words)
    return 1
