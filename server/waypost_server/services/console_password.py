"""Choosing a password: one's own, or for somebody who has lost theirs. What was open until then ends."""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError
from waypost_server.services import login_throttle
from waypost_server.services.console_login import HASHER, LoginRefusedError, Opened, fits, open_session
from waypost_server.services.login_throttle import Person, Visitor
from waypost_server.services.person_settings import held
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, console_users, sessions
from waypost_server.store.sessions import SessionRecord
from waypost_server.store.tables import ConsoleUser

SHORTEST, LONGEST = 12, 1000


def hashed(password: str) -> str:
    """What is kept of a password. Raises BadInputError for one too short to withstand guessing."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInputError(f"Choose a password of at least {SHORTEST} characters.", code="bad_password")
    return HASHER.hash(password)


def set_password(
    runtime: Runtime, workspace_id: str, user_id: str, password: str | None, *, actor: str
) -> None:
    """Give somebody another password, or none, which leaves login links. Raises NotFoundError, BadInputError."""
    new = hashed(password) if password is not None else None
    with runtime.db.write() as session:
        _keep(runtime, session, held(session, workspace_id, user_id), new, actor=actor)


def change_password(
    runtime: Runtime, login: SessionRecord, visitor: Visitor, *, current: str, new: str
) -> Opened:
    """Change one's own, and stay logged in here alone.

    Raises BadInputError, LoginRefusedError when `current` is not the present one (there may be none),
    TooManyAttemptsError.
    """
    with runtime.db.read() as session:
        person = console_users.get(session, login.workspace_id, login.user_id)
        present = person.password_hash if person else None
    if present is not None:
        login_throttle.take(runtime, Person(login.workspace_id, login.email), visitor)
        if not fits(present, current):
            raise LoginRefusedError("That is not your present password. Nothing was changed.")
    kept = hashed(new)
    with runtime.db.write() as session:
        found = held(session, login.workspace_id, login.user_id)
        _keep(runtime, session, found, kept, actor=login.user_id)
        return open_session(runtime, session, found, visitor, way="password")


def _keep(runtime: Runtime, session: Session, person: ConsoleUser, kept: str | None, *, actor: str) -> None:
    person.password_hash = kept
    sessions.drop_of_user(session, person.workspace_id, person.id)
    entry = audit.Entry(runtime.new_id(), runtime.clock(), actor, "console_user.password", person.id)
    audit.append(session, person.workspace_id, entry)
