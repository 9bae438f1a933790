"""What people choose for themselves, and how much work they get."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, NotFoundError
from waypost_server.domain.notices import KINDS
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, person_settings
from waypost_server.store.tables import ConsoleUser

MOST_TASKS = 500


def choose(
    runtime: Runtime, workspace_id: str, user_id: str, *, timezone: str, notices: Collection[str]
) -> None:
    """Keep somebody's own zone ('' = the workspace's) and the kinds of mail they want."""
    if timezone and timezone not in available_timezones():
        raise BadInputError("Choose a time zone of the list, such as Europe/Berlin.", code="unknown_timezone")
    with runtime.db.write() as session:
        person = held(session, workspace_id, user_id)
        before = {"timezone": person.timezone, "notices": dict(person.notices)}
        person.timezone = timezone or None
        person.notices = {kind: kind in notices for kind in KINDS}
        after = {"timezone": person.timezone, "notices": dict(person.notices)}
        entry = audit.Entry(
            runtime.new_id(), runtime.clock(), user_id, "console_user.choose", user_id, before, after
        )
        audit.append(session, workspace_id, entry)


def set_capacity(
    runtime: Runtime, workspace_id: str, user_id: str, capacity: int | None, *, actor: str
) -> None:
    """How many tasks a week somebody gets; None = what policy.yaml says."""
    if capacity is not None and not 0 <= capacity <= MOST_TASKS:
        raise BadInputError(f"Write a number from 0 to {MOST_TASKS}, or nothing.", code="bad_capacity")
    with runtime.db.write() as session:
        person = held(session, workspace_id, user_id)
        before, person.capacity = {"capacity": person.capacity}, capacity
        entry = audit.Entry(
            runtime.new_id(),
            runtime.clock(),
            actor,
            "console_user.capacity",
            user_id,
            before,
            {"capacity": capacity},
        )
        audit.append(session, workspace_id, entry)
    runtime.doorbell.ring()  # held tasks may go, or the other way round


def set_away(
    runtime: Runtime, workspace_id: str, user_id: str, away_until: date | None, *, actor: str
) -> None:
    """Until when somebody gets no new tasks: their first day back; None, or a day that is past, = here."""
    with runtime.db.write() as session:
        person = held(session, workspace_id, user_id)
        before, person.away_until = {"away_until": _iso(person.away_until)}, away_until
        after = {"away_until": _iso(away_until)}
        entry = audit.Entry(
            runtime.new_id(), runtime.clock(), actor, "console_user.away", user_id, before, after
        )
        audit.append(session, workspace_id, entry)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def held(session: Session, workspace_id: str, user_id: str) -> ConsoleUser:
    """The person, locked. Raises NotFoundError when they have no login."""
    person = person_settings.hold(session, workspace_id, user_id)
    if person is None:
        raise NotFoundError("There is no enabled console user with this id.")
    return person
