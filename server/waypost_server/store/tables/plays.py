"""Signals and the plays that answer them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Double, Index, Integer, text
from sqlalchemy.orm import Mapped

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import col, key
from waypost_server.store.types import Json, UtcDateTime


class Signal(Model):
    """Something noticed, with evidence. One open row per dedupe key."""

    __tablename__ = "signal"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col(default="''")
    kind: Mapped[str] = col()
    dedupe_key: Mapped[str] = col()  # "<kind>:<account>:<milestone or role>"
    state: Mapped[str] = col()  # open | closed
    severity: Mapped[float] = col(Double)  # 0..1
    evidence: Mapped[dict[str, Any]] = col(Json)
    since: Mapped[datetime] = col(UtcDateTime)
    opened_at: Mapped[datetime] = col(UtcDateTime)
    closed_at: Mapped[datetime | None] = col(UtcDateTime)
    closed_reason: Mapped[str | None] = col()
    handling: Mapped[str] = col()  # run | task (it joined an open one) | none
    handling_reason: Mapped[str] = col(default="''")  # why none
    __table_args__ = (
        Index(
            "uq_signal_open",
            "workspace_id",
            "dedupe_key",
            unique=True,
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
        Index("ix_signal_account", "workspace_id", "account_id", "opened_at"),
    )


class PlayRun(Model):
    """One run of a play for an account, or a user of it: a state machine pinned to a release."""

    __tablename__ = "play_run"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col(default="''")  # whom of the account it is about; '' = the account
    play: Mapped[str] = col()
    release: Mapped[int] = col(Integer)
    motion: Mapped[str] = col()
    signal_id: Mapped[str] = col()
    occurrence: Mapped[str] = col()  # unique per play and subject: never twice for the same cause
    cause: Mapped[dict[str, Any]] = col(
        Json, default="'{}'"
    )  # {"kind": signal | condition | person | bulk, "actor"}
    state: Mapped[str] = col()  # running | waiting | paused | ended
    outcome: Mapped[str | None] = (
        col()
    )  # completed goal_reached exited ended_early motion_changed cancelled failed
    step: Mapped[int] = col(Integer, default="0")
    due_at: Mapped[datetime | None] = col(
        UtcDateTime
    )  # when the next step may act; null when paused or ended
    lease_until: Mapped[datetime | None] = col(UtcDateTime)
    fence: Mapped[str | None] = col()
    claims: Mapped[int] = col(Integer, default="0")
    started_at: Mapped[datetime] = col(UtcDateTime)
    ended_at: Mapped[datetime | None] = col(UtcDateTime)
    __table_args__ = (
        Index(
            "uq_play_run_occurrence",
            "workspace_id",
            "account_id",
            "play",
            "occurrence",
            "user_id",
            unique=True,
        ),
        Index("ix_play_run_due", "due_at"),
    )


class PlayPause(Model):
    """A play that a person has paused, in every release."""

    __tablename__ = "play_pause"
    workspace_id: Mapped[str] = key()
    play: Mapped[str] = key()
    at: Mapped[datetime] = col(UtcDateTime)
    actor: Mapped[str] = col()
    reason: Mapped[str] = col()


class BulkStart(Model):
    """A play being started for many accounts, one chunk of them after the other."""

    __tablename__ = "bulk_start"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    play: Mapped[str] = col()
    release: Mapped[int] = col(Integer)  # the runs are pinned to it
    condition: Mapped[dict[str, Any]] = col(Json)  # {} = every account
    state: Mapped[str] = col()  # running | stopped | done
    last_account: Mapped[str] = col(default="''")  # accounts up to this id have been looked at
    total: Mapped[int] = col(Integer, default="0")  # accounts there were when it began
    looked_at: Mapped[int] = col(Integer, default="0")
    matched: Mapped[int] = col(Integer, default="0")
    started: Mapped[int] = col(Integer, default="0")
    held: Mapped[dict[str, int]] = col(
        Json, default="'{}'"
    )  # reason → accounts that match and were passed over
    actor: Mapped[str] = col()
    created_at: Mapped[datetime] = col(UtcDateTime)
    ended_at: Mapped[datetime | None] = col(UtcDateTime)
    __table_args__ = (
        Index(
            "ix_bulk_start_running",
            "workspace_id",
            postgresql_where=text("state = 'running'"),
            sqlite_where=text("state = 'running'"),
        ),
    )


class PlayWatch(Model):
    """What the condition that starts a play said about a subject when it was last looked at.

    The account's own row (user_id '') says that the account was looked at; of users only those have rows for
    whom it holds. So a play starts when a condition becomes true, and not because it was true all along.
    """

    __tablename__ = "play_watch"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    play: Mapped[str] = key()
    user_id: Mapped[str] = key()
    rule: Mapped[str] = col()  # digest of the condition: another condition says nothing about this one
    holds: Mapped[bool] = col(Boolean)
    since: Mapped[datetime] = col(UtcDateTime)
    reason: Mapped[str] = col(default="''")  # why it started nothing; '' when it did, or does not hold


class StepRun(Model):
    """What one step of a run did, in words and numbers: the run's story."""

    __tablename__ = "step_run"
    workspace_id: Mapped[str] = key()
    run_id: Mapped[str] = key()
    seq: Mapped[int] = key(Integer)
    kind: Mapped[str] = col()
    outcome: Mapped[str] = col()  # done | skipped | held | failed
    note: Mapped[str] = col(default="''")
    detail: Mapped[dict[str, Any]] = col(Json, default="'{}'")
    at: Mapped[datetime] = col(UtcDateTime)


class Approval(Model):
    """A play in one wording asks to write to more people in a day than the policy lets it by itself."""

    __tablename__ = "approval"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    play: Mapped[str] = col()
    wording: Mapped[str] = col()  # fingerprint of the play and its templates: other words ask again
    release: Mapped[int] = col(Integer)
    author: Mapped[str] = col()  # who published that release
    state: Mapped[str] = col()  # waiting | approved | rejected
    asked_at: Mapped[datetime] = col(UtcDateTime)
    person: Mapped[str | None] = col()  # console_user.id of who decided
    decided_at: Mapped[datetime | None] = col(UtcDateTime)
    reason: Mapped[str] = col(default="''")
    __table_args__ = (Index("uq_approval_wording", "workspace_id", "play", "wording", unique=True),)
