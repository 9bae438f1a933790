"""The workspace and who may enter."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import BigId, col, key
from waypost_server.store.types import Json, UtcDateTime


class Workspace(Model):
    """One isolated environment of one product."""

    __tablename__ = "workspace"
    id: Mapped[str] = key()
    name: Mapped[str] = col()
    mode: Mapped[str] = col(
        default="'development'"
    )  # development | production (production enforces user tokens)
    timezone: Mapped[str] = col(default="'UTC'")
    token_secret: Mapped[str] = col()  # HS256 secret for user tokens; shown to admins, never logged
    sending: Mapped[bool] = col(Boolean, default="true")  # false = kill switch: nothing leaves
    created_at: Mapped[datetime] = col(UtcDateTime)


class Key(Model):
    """An API key: `wp_pk_<id>_<random><crc>`; only the SHA-256 is kept."""

    __tablename__ = "api_key"
    id: Mapped[str] = key()  # the 8 characters after wp_pk_ / wp_sk_; unique over all workspaces
    workspace_id: Mapped[str] = col(index=True)
    kind: Mapped[str] = col()  # public | secret
    scopes: Mapped[list[str]] = col(Json)
    name: Mapped[str] = col()
    hash: Mapped[str] = col()
    created_at: Mapped[datetime] = col(UtcDateTime)
    last_used_on: Mapped[date | None] = col(Date)
    revoked_at: Mapped[datetime | None] = col(UtcDateTime)


class ConsoleUser(Model):
    """A person who logs into the console: CS ops, CSM, admin."""

    __tablename__ = "console_user"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    email: Mapped[str] = col()
    name: Mapped[str] = col()
    role: Mapped[str] = col()  # viewer | author | csm | approver | admin
    password_hash: Mapped[str | None] = col()
    disabled_at: Mapped[datetime | None] = col(UtcDateTime)
    created_at: Mapped[datetime] = col(UtcDateTime)
    timezone: Mapped[str | None] = col()  # IANA name; null = the workspace's
    capacity: Mapped[int | None] = col(Integer)  # tasks a week; null = what policy.yaml says
    away_until: Mapped[date | None] = col(Date)  # the first day back, in their zone; null or past = here
    notices: Mapped[dict[str, Any]] = col(
        Json, default="'{}'"
    )  # what they want to be told; see domain/notices.py
    digest_on: Mapped[date | None] = col(Date)  # the last day whose digest was made, or was empty
    calendar_hash: Mapped[str | None] = col()  # SHA-256 of the token in the address of their calendar
    __table_args__ = (
        Index("uq_console_user_email", "workspace_id", "email", unique=True),
        Index("uq_console_user_calendar", "calendar_hash", unique=True),
    )


class ConsoleSession(Model):
    """A login. The cookie holds a random token; its SHA-256 is the id."""

    __tablename__ = "console_session"
    id: Mapped[str] = key()
    workspace_id: Mapped[str] = col()
    console_user_id: Mapped[str] = col()
    csrf: Mapped[str] = col()
    created_at: Mapped[datetime] = col(UtcDateTime)
    seen_at: Mapped[datetime] = col(UtcDateTime)
    expires_at: Mapped[datetime] = col(UtcDateTime)


class LoginLink(Model):
    """A one-time login link; the id is the SHA-256 of its token."""

    __tablename__ = "login_link"
    id: Mapped[str] = key()
    workspace_id: Mapped[str] = col()
    console_user_id: Mapped[str] = col()
    expires_at: Mapped[datetime] = col(UtcDateTime)
    used_at: Mapped[datetime | None] = col(UtcDateTime)


class LoginAttempt(Model):
    """Tries to log in, to slow guessing down; kept here so that flushing Redis resets nothing."""

    __tablename__ = "login_attempt"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject: Mapped[str] = col()  # keyed hash of who or what is counted; see services/login_throttle.py
    at: Mapped[datetime] = col(UtcDateTime)
    __table_args__ = (Index("ix_login_attempt_subject_at", "subject", "at"),)


class Audit(Model):
    """Who changed what; append-only."""

    __tablename__ = "audit"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()  # uuid7: sorts by time
    at: Mapped[datetime] = col(UtcDateTime)
    actor: Mapped[str] = col()
    action: Mapped[str] = col()  # noun.verb: key.create, release.publish, task.done
    object: Mapped[str] = col()
    before: Mapped[dict[str, Any] | None] = col(Json)
    after: Mapped[dict[str, Any] | None] = col(Json)
