"""Logins of the console: sessions, one-time links and failed attempts. Tokens are kept as hashes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from waypost_server.store.tables import ConsoleSession, ConsoleUser, LoginAttempt, LoginLink, Workspace
from waypost_server.store.written import written


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session with the person and the workspace it belongs to."""

    id: str
    csrf: str
    seen_at: datetime
    expires_at: datetime
    workspace_id: str
    workspace_name: str
    mode: str
    timezone: str
    user_id: str
    name: str
    email: str
    role: str


def find(session: Session, session_id: str) -> SessionRecord | None:
    """The session of an enabled person, expired or not."""
    row = session.execute(
        select(
            ConsoleSession.id,
            ConsoleSession.csrf,
            ConsoleSession.seen_at,
            ConsoleSession.expires_at,
            Workspace.id.label("workspace_id"),
            Workspace.name.label("workspace_name"),
            Workspace.mode,
            Workspace.timezone,
            ConsoleUser.id.label("user_id"),
            ConsoleUser.name,
            ConsoleUser.email,
            ConsoleUser.role,
        )
        .join(Workspace, Workspace.id == ConsoleSession.workspace_id)
        .join(
            ConsoleUser,
            (ConsoleUser.workspace_id == ConsoleSession.workspace_id)
            & (ConsoleUser.id == ConsoleSession.console_user_id),
        )
        .where(ConsoleSession.id == session_id, ConsoleUser.disabled_at.is_(None))
    ).one_or_none()
    return SessionRecord(**row._mapping) if row else None


def add(session: Session, record: ConsoleSession) -> None:
    """A new session."""
    session.add(record)


def touch(session: Session, session_id: str, seen_at: datetime) -> None:
    """Note that the session was used."""
    session.execute(
        update(ConsoleSession)
        .where(ConsoleSession.id == session_id, ConsoleSession.seen_at < seen_at)
        .values(seen_at=seen_at)
    )


def drop(session: Session, session_id: str) -> None:
    """End one session."""
    session.execute(delete(ConsoleSession).where(ConsoleSession.id == session_id))


def drop_expired(session: Session, now: datetime, idle_since: datetime) -> None:
    """Forget sessions that nobody can use any more."""
    session.execute(
        delete(ConsoleSession).where(
            (ConsoleSession.expires_at <= now) | (ConsoleSession.seen_at <= idle_since)
        )
    )


def drop_of_user(session: Session, workspace_id: str, user_id: str) -> None:
    """End every session and every unused link of one person."""
    for table in (ConsoleSession, LoginLink):
        session.execute(
            delete(table).where(table.workspace_id == workspace_id, table.console_user_id == user_id)
        )


# --- one-time links -------------------------------------------------------------------------------
def add_link(session: Session, link: LoginLink) -> None:
    """A new one-time link."""
    session.add(link)


def link_owner(session: Session, link_id: str, now: datetime) -> ConsoleUser | None:
    """Whom a usable link would log in; None when it is unknown, used, expired or its person is disabled."""
    return session.scalar(
        select(ConsoleUser)
        .join(
            LoginLink,
            (LoginLink.workspace_id == ConsoleUser.workspace_id)
            & (LoginLink.console_user_id == ConsoleUser.id),
        )
        .where(
            LoginLink.id == link_id,
            LoginLink.used_at.is_(None),
            LoginLink.expires_at > now,
            ConsoleUser.disabled_at.is_(None),
        )
    )


def use_link(session: Session, link_id: str, now: datetime) -> bool:
    """Consume a link; True for exactly one caller."""
    return bool(
        written(
            session,
            update(LoginLink)
            .where(LoginLink.id == link_id, LoginLink.used_at.is_(None), LoginLink.expires_at > now)
            .values(used_at=now),
        )
    )


# --- failed attempts ------------------------------------------------------------------------------
def note_attempt(session: Session, subjects: list[str], at: datetime) -> list[int]:
    """Count an attempt for each subject, before the password is looked at; their ids."""
    rows = [LoginAttempt(subject=subject, at=at) for subject in subjects]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def take_back(session: Session, ids: list[int]) -> None:
    """Count these attempts no more."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.id.in_(ids)))


def attempts(session: Session, subject: str, since: datetime) -> int:
    """Attempts of a subject since a time."""
    return (
        session.scalar(select(func.count()).where(LoginAttempt.subject == subject, LoginAttempt.at > since))
        or 0
    )


def forget_attempts(session: Session, subject: str) -> None:
    """Clear a subject after a good login."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.subject == subject))


def forget_old_attempts(session: Session, before: datetime) -> None:
    """Attempts too old to count."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.at < before))
