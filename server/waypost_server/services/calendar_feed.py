"""A person's tasks as a calendar, under an address that only they know and can take back."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from waypost_server.channels.icalendar import CalendarEvent, feed
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.person_settings import held
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, person_settings, task_relay
from waypost_server.store.tables import Task

MOST = 500
LASTS = timedelta(minutes=30)  # the event ends when the task is due


@dataclass(frozen=True, slots=True)
class Calendar:
    """The text and what stands for it: unchanged tasks give an unchanged tag."""

    text: str
    etag: str


def make_address(runtime: Runtime, workspace_id: str, user_id: str) -> str:
    """A new secret address; the one before ends. Only its hash is kept, so it is shown this once."""
    token = secrets.token_urlsafe(32)
    _keep(runtime, workspace_id, user_id, _hash(token), "calendar.make")
    return f"{runtime.base_url}/calendar/{token}.ics"


def revoke_address(runtime: Runtime, workspace_id: str, user_id: str) -> None:
    """End the address."""
    _keep(runtime, workspace_id, user_id, None, "calendar.revoke")


def read_calendar(runtime: Runtime, token: str) -> Calendar:
    """The calendar behind a token. Raises NotFoundError for an unknown one and for people who were shut out."""
    if not 20 <= len(token) <= 100:
        raise NotFoundError("There is no such calendar.")
    with runtime.db.read() as session:
        person = person_settings.by_calendar(session, _hash(token))
        if person is None or person.disabled_at is not None:
            raise NotFoundError("There is no such calendar.")
        found = task_relay.open_of(session, person.workspace_id, person.id, MOST)
    events = [_event(runtime, task, name) for task, name in found if task.held_at is None]
    text = feed(f"Waypost: {person.name}", events)
    return Calendar(text, hashlib.sha256(text.encode()).hexdigest()[:32])


def _event(runtime: Runtime, task: Task, account_name: str) -> CalendarEvent:
    words = str(task.evidence.get("words") or "")[:500]
    url = f"{runtime.base_url}/console/tasks/{task.id}"
    return CalendarEvent(
        uid=f"{task.id}@waypost",
        starts_at=task.due_at - LASTS,
        ends_at=task.due_at,
        title=f"{account_name}: {task.title}"[:200],
        words=f"{words}\n{url}".strip(),
        url=url,
        revision=task.version,
        made_at=task.created_at,
    )


def _keep(runtime: Runtime, workspace_id: str, user_id: str, hashed: str | None, action: str) -> None:
    with runtime.db.write() as session:
        person = held(session, workspace_id, user_id)
        person.calendar_hash = hashed
        entry = audit.Entry(runtime.new_id(), runtime.clock(), user_id, action, user_id)
        audit.append(session, workspace_id, entry)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
