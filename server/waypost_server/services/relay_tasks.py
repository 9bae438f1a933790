"""Tell what happened to tasks: the CRM each change, owners what is new for them, the lead what is late,
a chat room of the team both.

A task's history is the outbox. A line is marked and its deliveries are queued in one transaction, so a kill at
any point repeats nothing and loses nothing. A person who got several tasks at once gets one notice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.local_day import zone_of
from waypost_server.domain.notices import wants
from waypost_server.domain.policy import TaskPolicy
from waypost_server.services.put_notice import Notice, put_notice
from waypost_server.services.runtime import Runtime
from waypost_server.services.task_notice import Item, late_tasks, new_tasks
from waypost_server.store import task_relay
from waypost_server.store.tables import ConsoleUser
from waypost_server.store.task_relay import Untold

log = logging.getLogger("waypost.tasks")
AT_ONCE = 200
NEW = ("created", "released", "reassigned")


def relay_tasks(runtime: Runtime, workspace_id: str) -> int:
    """Relay up to 200 lines of history of a workspace; returns how many."""
    with runtime.db.write() as session:
        lines = task_relay.take(session, workspace_id, AT_ONCE)
        runtime.fault("tasks.taken")
        if lines:
            live = runtime.releases.live(session, workspace_id)
            policy = live.definitions.policy.tasks if live else TaskPolicy()
            people = task_relay.people(session, workspace_id, _concerned(lines))
            if policy.webhook:
                _tell_crm(session, runtime, workspace_id, lines, people, policy.webhook)
            _tell_people(session, runtime, workspace_id, lines, people)
            if policy.chat:
                _tell_room(session, runtime, workspace_id, lines, policy.chat)
    if lines:
        log.info("tasks.relayed", extra={"lines": len(lines)})
    return len(lines)


def _concerned(lines: Sequence[Untold]) -> set[str]:
    return {each for line in lines for each in (line.task.owner, line.task.escalated_to) if each}


def _tell_people(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    lines: Sequence[Untold],
    people: dict[str, ConsoleUser],
) -> None:
    new: dict[str, dict[str, Untold]] = {}
    late: dict[str, dict[str, Untold]] = {}
    for line in lines:
        task = line.task
        if line.event.kind in NEW and _is_news(line):
            new.setdefault(task.owner or "", {})[task.id] = line
        elif line.event.kind == "escalated" and task.escalated_to:
            late.setdefault(task.escalated_to, {})[task.id] = line
    zone = runtime.releases.standing(session, workspace_id).zone
    for kind, found, words in (("new", new, new_tasks), ("late", late, late_tasks)):
        for person_id in sorted(found):
            person = people.get(person_id)
            if person is None or person.disabled_at is not None or not wants(person.notices, kind):
                continue
            mine = list(found[person_id].values())
            items = [Item(each.task, each.account_name) for each in mine]
            subject, body = words(runtime, items, zone_of(person.timezone, zone) if person.timezone else zone)
            dedupe = f"tasks:{kind}:{mine[0].event.id}"
            put_notice(
                session,
                runtime,
                workspace_id,
                channel="email",
                recipient=person.email,
                notice=Notice(subject, body, dedupe),
            )


def _tell_room(
    session: Session, runtime: Runtime, workspace_id: str, lines: Sequence[Untold], room: str
) -> None:
    """New and overdue tasks of the whole team, in a room of ours."""
    zone = runtime.releases.standing(session, workspace_id).zone
    new = {each.task.id: each for each in lines if each.event.kind in NEW and each.task.held_at is None}
    late = {each.task.id: each for each in lines if each.event.kind == "escalated"}
    for kind, found, words in (("new", new, new_tasks), ("late", late, late_tasks)):
        if found:
            mine = list(found.values())
            items = [Item(each.task, each.account_name) for each in mine]
            notice = Notice(*words(runtime, items, zone), f"room:{kind}:{mine[0].event.id}")
            put_notice(session, runtime, workspace_id, channel="chat", recipient=room, notice=notice)


def _is_news(line: Untold) -> bool:
    """It is theirs now, they see it, and they did not take it themselves."""
    task = line.task
    return task.state == "open" and task.held_at is None and line.event.actor != task.owner


def _tell_crm(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    lines: Sequence[Untold],
    people: dict[str, ConsoleUser],
    webhook: str,
) -> None:
    for line in lines:
        if line.event.is_mirrored:
            continue
        owner = people.get(line.task.owner or "")
        body = json.dumps(_payload(runtime, line, owner), ensure_ascii=False)
        notice = Notice(f"task.{line.event.kind}", body, f"task-event:{line.event.id}")
        put_notice(session, runtime, workspace_id, channel="webhook", recipient=webhook, notice=notice)


def _payload(runtime: Runtime, line: Untold, owner: ConsoleUser | None) -> dict[str, Any]:
    """The change, and the task as it is now; whoever wants evidence and draft reads the API."""
    task, event = line.task, line.event
    return {
        "type": f"task.{event.kind}",
        "timestamp": _time(event.at),
        "data": {
            "id": task.id,
            "externalId": task.external_id,
            "version": task.version,
            "state": task.state,
            "title": task.title,
            "url": f"{runtime.base_url}/console/tasks/{task.id}",
            "accountId": task.account_id,
            "owner": {"id": owner.id, "email": owner.email, "name": owner.name} if owner else None,
            "dueAt": _time(task.due_at),
            "snoozedUntil": _time(task.snoozed_until),
            "heldAt": _time(task.held_at),
            "escalatedAt": _time(task.escalated_at),
            "endedAt": _time(task.ended_at),
            "outcome": task.outcome,
            "severity": task.severity,
            "value": task.value,
            "change": {"id": event.id, "kind": event.kind, "actor": event.actor, "note": event.note},
        },
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds").replace("+00:00", "Z") if value else None
