"""Entering and leaving the console: one-time links, passwords, sessions.

Every state is in the database, so restarting a process or flushing Redis logs nobody out. Tokens are random and only
their SHA-256 is stored.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, NotFoundError
from waypost_server.services import login_throttle
from waypost_server.services.login_throttle import Person, Visitor
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, console_users, sessions
from waypost_server.store.sessions import SessionRecord
from waypost_server.store.tables import ConsoleSession, ConsoleUser, LoginLink

ROLES = ("viewer", "author", "csm", "approver", "admin")  # each may do what the ones before it may
LINK_LIFETIME = timedelta(hours=1)
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
TOUCH_EVERY = timedelta(minutes=5)
HASHER = PasswordHasher()


class LoginRefusedError(BadInputError):
    """E-mail and password do not fit; never says which of the two."""

    code = "login_refused"
    status = 401


class LinkSpentError(BadInputError):
    """The login link is unknown, used or expired; the three read the same."""

    code = "link_spent"
    status = 410


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody typed."""

    workspace_id: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What the browser is to keep: the new session's token, and the mark by which it is known later."""

    session: str
    mark: str


def may(role: str, needed: str) -> bool:
    """Whether `role` includes `needed`; an unknown role may nothing."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


def make_login_link(runtime: Runtime, workspace_id: str, console_user_id: str, *, actor: str = "cli") -> str:
    """The URL of a link that logs one person in, once, within an hour; the audit log says who asked for it.

    Raises NotFoundError.
    """
    token = secrets.token_urlsafe(32)
    with runtime.db.write() as session:
        person = console_users.get(session, workspace_id, console_user_id)
        if person is None or person.disabled_at is not None:
            raise NotFoundError("There is no enabled console user with this id.")
        link = LoginLink(
            id=digest(token),
            workspace_id=workspace_id,
            console_user_id=console_user_id,
            expires_at=runtime.clock() + LINK_LIFETIME,
        )
        sessions.add_link(session, link)
        _note(runtime, session, person, "console_user.link", actor=actor)
    return f"{runtime.base_url}/console/login/link/{token}"


def link_name(runtime: Runtime, token: str) -> str:
    """Whom the link would log in, without using it up. Raises LinkSpentError."""
    with runtime.db.read() as session:
        person = sessions.link_owner(session, digest(token), runtime.clock())
        if person is None:
            raise LinkSpentError("This login link was used already, has expired or never existed.")
        return person.name


def use_login_link(runtime: Runtime, token: str, visitor: Visitor) -> Opened:
    """Log in by a link. Raises LinkSpentError for all but the first caller."""
    now = runtime.clock()
    with runtime.db.write() as session:
        person = sessions.link_owner(session, digest(token), now)
        if person is None or not sessions.use_link(session, digest(token), now):
            raise LinkSpentError("This login link was used already, has expired or never existed.")
        return open_session(runtime, session, person, visitor, way="link")


def log_in(runtime: Runtime, given: Credentials, visitor: Visitor) -> Opened:
    """Log in by password. Raises TooManyAttemptsError, LoginRefusedError.

    Exactly one hash is verified whether or not the person exists.
    """
    login_throttle.take(runtime, Person(given.workspace_id, given.email), visitor)
    with runtime.db.read() as session:
        person = console_users.by_email(session, given.workspace_id, given.email)
    usable = person is not None and person.disabled_at is None and person.password_hash is not None
    stored = person.password_hash if person is not None and usable else None
    if not fits(stored or _nobody(), given.password) or person is None or not usable:
        raise LoginRefusedError("E-mail and password do not fit together. Check both and try again.")
    with runtime.db.write() as session:
        return open_session(runtime, session, person, visitor, way="password")


def current(runtime: Runtime, token: str | None) -> SessionRecord | None:
    """The login behind a cookie, or None when it is missing, ended, idle for 12 hours or a week old."""
    if not token or len(token) > 200:
        return None
    now = runtime.clock()
    with runtime.db.read() as session:
        record = sessions.find(session, digest(token))
    if record is None or record.expires_at <= now or record.seen_at <= now - IDLE:
        return None
    if record.seen_at <= now - TOUCH_EVERY:
        with runtime.db.write() as session:
            sessions.touch(session, record.id, now)
    return record


def log_out(runtime: Runtime, login: SessionRecord) -> None:
    """End the session on the server; the cookie is worth nothing afterwards."""
    with runtime.db.write() as session:
        sessions.drop(session, login.id)
        _note(runtime, session, login, "console.log_out")


def log_out_everywhere(runtime: Runtime, login: SessionRecord) -> None:
    """End all sessions of this person, and the login links that wait for them."""
    with runtime.db.write() as session:
        sessions.drop_of_user(session, login.workspace_id, login.user_id)
        _note(runtime, session, login, "console.log_out", {"of": "everywhere"})


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    runtime: Runtime, session: Session, person: ConsoleUser, visitor: Visitor, *, way: str
) -> Opened:
    """A fresh session under a fresh token; a session the browser already had ends here (no fixation)."""
    now, token = runtime.clock(), secrets.token_urlsafe(32)
    if visitor.session:
        sessions.drop(session, digest(visitor.session))
    sessions.drop_expired(session, now, now - IDLE)
    record = ConsoleSession(
        id=digest(token),
        workspace_id=person.workspace_id,
        console_user_id=person.id,
        csrf=secrets.token_urlsafe(24),
        created_at=now,
        seen_at=now,
        expires_at=now + LONGEST,
    )
    sessions.add(session, record)
    mark = login_throttle.let_in(runtime, session, Person(person.workspace_id, person.email), visitor)
    _note(runtime, session, person, "console.log_in", {"by": way})
    return Opened(token, mark)


@cache
def _nobody() -> str:
    """Verified when there is no such person, so that both answers take the same time."""
    return HASHER.hash(secrets.token_urlsafe(16))


def fits(stored: str, password: str) -> bool:
    """Whether it is the password whose hash is stored."""
    try:
        return HASHER.verify(stored, password[:1000])
    except (VerificationError, InvalidHashError):
        return False


def _note(
    runtime: Runtime,
    session: Session,
    person: ConsoleUser | SessionRecord,
    action: str,
    after: dict[str, str] | None = None,
    *,
    actor: str | None = None,
) -> None:
    """In the audit log: by themselves, or by `actor`."""
    user_id = person.user_id if isinstance(person, SessionRecord) else person.id
    entry = audit.Entry(runtime.new_id(), runtime.clock(), actor or user_id, action, user_id, after=after)
    audit.append(session, person.workspace_id, entry)
