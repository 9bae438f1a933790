"""Accounts, their users, and what people said about an account."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Double, Index, Integer, text
from sqlalchemy.orm import Mapped

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import col, key
from waypost_server.store.types import Json, UtcDateTime


class Account(Model):
    """A customer organisation. `traits_at` keeps "time|messageId" per trait: last writer wins."""

    __tablename__ = "account"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    name: Mapped[str] = col(default="''")
    traits: Mapped[dict[str, Any]] = col(Json, default="'{}'")
    traits_at: Mapped[dict[str, str]] = col(Json, default="'{}'")
    segment: Mapped[str | None] = col()
    motion: Mapped[str | None] = col()  # in force: a person's word while it counts, else the rule's
    motion_set: Mapped[str | None] = col()  # a person's word, see MotionOverride
    motion_until: Mapped[datetime | None] = col(UtcDateTime)  # until when it counts
    owner: Mapped[str | None] = col()  # console_user.id in force: owner_set, else whom the trait `csm` names
    owner_set: Mapped[str | None] = col()  # whom a person named; null = the trait decides
    renewal_on: Mapped[date | None] = col(Date)
    first_day: Mapped[date | None] = col(Date)  # day of the first and last event
    last_day: Mapped[date | None] = col(Date)
    touched: Mapped[int] = col(BigInteger, default="0")  # +1 per batch that touched it; see evaluated
    evaluated: Mapped[int] = col(BigInteger, default="0")  # value of touched the last evaluation read
    check_at: Mapped[datetime | None] = col(UtcDateTime)  # next time-based look (overdue, decay)
    lease_until: Mapped[datetime | None] = col(UtcDateTime)  # a worker holds it until then
    fence: Mapped[str | None] = col()
    claims: Mapped[int] = col(Integer, default="0")  # claims without an end; parked above 5
    adoption: Mapped[str | None] = col()  # adopted | partial | not, by the latest score
    adoption_score: Mapped[float | None] = col(Double)
    unmet_behaviours: Mapped[int | None] = col(Integer)
    next_step: Mapped[str | None] = col()  # title of the next best step
    __table_args__ = (
        Index(
            "ix_account_due",
            "workspace_id",
            postgresql_where=text("evaluated < touched"),
            sqlite_where=text("evaluated < touched"),
        ),
        Index("ix_account_check", "check_at"),
    )


class MotionOverride(Model):
    """A person's word about an account's motion, for a while. At most one of an account is not over."""

    __tablename__ = "motion_override"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    id: Mapped[str] = key()  # uuid7: sorts by time
    motion: Mapped[str] = col()
    reason: Mapped[str] = col()
    person: Mapped[str] = col()  # console_user.id of who decided it
    set_at: Mapped[datetime] = col(UtcDateTime)
    until: Mapped[datetime] = col(UtcDateTime)
    ended_at: Mapped[datetime | None] = col(UtcDateTime)
    ended: Mapped[str | None] = col()  # expired | withdrawn | replaced
    ended_by: Mapped[str | None] = col()  # console_user.id; null when its time was over
    __table_args__ = (
        Index(
            "uq_motion_override_open",
            "workspace_id",
            "account_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
            sqlite_where=text("ended_at is null"),
        ),
        Index(
            "ix_motion_override_until",
            "until",
            postgresql_where=text("ended_at is null"),
            sqlite_where=text("ended_at is null"),
        ),
    )


class AccountOwner(Model):
    """Whom a person named as an account's owner, or that the trait decides again; append-only."""

    __tablename__ = "account_owner"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    id: Mapped[str] = key()  # uuid7: sorts by time
    owner: Mapped[str | None] = col()  # console_user.id from then on
    by_trait: Mapped[bool] = col(Boolean)
    reason: Mapped[str] = col()
    person: Mapped[str] = col()  # console_user.id of who decided it
    at: Mapped[datetime] = col(UtcDateTime)


class EndUser(Model):
    """A person who uses the product (the word is user; `user` is reserved in SQL)."""

    __tablename__ = "end_user"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    email: Mapped[str | None] = col()
    name: Mapped[str | None] = col()
    locale: Mapped[str | None] = col()
    timezone: Mapped[str | None] = col()
    traits: Mapped[dict[str, Any]] = col(Json, default="'{}'")
    traits_at: Mapped[dict[str, str]] = col(Json, default="'{}'")
    trust: Mapped[str] = col(default="'asserted'")
    first_day: Mapped[date | None] = col(Date)
    last_day: Mapped[date | None] = col(Date)


class Membership(Model):
    """A user in an account, with the role held there."""

    __tablename__ = "membership"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    user_id: Mapped[str] = key()
    role: Mapped[str | None] = col()
    role_at: Mapped[str | None] = col()  # "time|messageId" of the event that set it
    first_day: Mapped[date | None] = col(Date)
    last_day: Mapped[date | None] = col(Date)
    __table_args__ = (Index("ix_membership_user", "workspace_id", "user_id"),)
