"""Work for people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Double, Index, Integer, text
from sqlalchemy.orm import Mapped

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import col, key
from waypost_server.store.types import Json, UtcDateTime


class Task(Model):
    """A work item for a CSM: an escalation with evidence, due time and a draft message."""

    __tablename__ = "task"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    account_id: Mapped[str] = col()
    run_id: Mapped[str] = col(default="''")
    play: Mapped[str] = col(default="''")
    signal_id: Mapped[str] = col(default="''")
    dedupe_key: Mapped[str] = col()
    title: Mapped[str] = col()
    brief: Mapped[str] = col(default="''")  # what the CSM should know first
    draft: Mapped[str] = col()  # the message a CSM may send, rendered from the template
    evidence: Mapped[dict[str, Any]] = col(Json)
    severity: Mapped[float] = col(Double)
    value: Mapped[float] = col(Double, default="0")  # the account's yearly value, for the order of the queue
    owner: Mapped[str | None] = col()  # console_user.id; null = the team's queue
    mute_digital: Mapped[bool] = col(Boolean, default="false")
    state: Mapped[str] = col()  # open | acknowledged | snoozed | done | dismissed | resolved (by itself)
    outcome: Mapped[str | None] = col()
    due_at: Mapped[datetime] = col(UtcDateTime)
    due_days: Mapped[int] = col(Integer, default="2")  # working days from its start, or from its release
    snoozed_until: Mapped[datetime | None] = col(UtcDateTime)
    held_at: Mapped[datetime | None] = col(UtcDateTime)  # held back since: its owner has no room this week
    escalated_at: Mapped[datetime | None] = col(UtcDateTime)  # overdue, and told to the lead
    escalated_to: Mapped[str | None] = col()  # console_user.id of the lead; null = nobody is named
    next_step: Mapped[str] = col(default="''")  # what the play suggests, else the account's next best step
    external_id: Mapped[str] = col(default="''")  # its id in the CRM that mirrors it
    version: Mapped[int] = col(Integer, default="1")  # +1 with every change; the API's ETag
    created_at: Mapped[datetime] = col(UtcDateTime)
    ended_at: Mapped[datetime | None] = col(UtcDateTime)
    __table_args__ = (
        Index("uq_task_dedupe", "workspace_id", "dedupe_key", unique=True),
        Index("ix_task_queue", "workspace_id", "state", "due_at"),
        Index("ix_task_account", "workspace_id", "account_id", "created_at"),
        Index("ix_task_owner", "workspace_id", "owner", "state", "ended_at"),
        Index("ix_task_wake", "snoozed_until"),
        Index(
            "ix_task_late",
            "due_at",
            postgresql_where=text("escalated_at is null and state in ('open', 'acknowledged')"),
            sqlite_where=text("escalated_at is null and state in ('open', 'acknowledged')"),
        ),
    )


class TaskSignal(Model):
    """The signals behind a task: the one that began it, and those that joined."""

    __tablename__ = "task_signal"
    workspace_id: Mapped[str] = key()
    task_id: Mapped[str] = key()
    signal_id: Mapped[str] = key()
    at: Mapped[datetime] = col(UtcDateTime)
    __table_args__ = (Index("ix_task_signal_signal", "workspace_id", "signal_id"),)


class MessageDraft(Model):
    """The message of a task: what a step wanted to send to somebody of a strategic account."""

    __tablename__ = "message_draft"
    workspace_id: Mapped[str] = key()
    task_id: Mapped[str] = key()
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col()
    run_id: Mapped[str] = col()
    step: Mapped[int] = col(Integer)
    release: Mapped[int] = col(Integer)
    template: Mapped[str] = col()
    kind: Mapped[str] = col()
    recipient: Mapped[str] = col()
    subject: Mapped[str] = col()
    body: Mapped[str] = col()  # Markdown
    state: Mapped[str] = col()  # waiting | sent | skipped
    person: Mapped[str | None] = col()  # who decided: console_user.id, or a key's name for a skip
    decided_at: Mapped[datetime | None] = col(UtcDateTime)
    reason: Mapped[str] = col(default="''")  # why it was skipped
    delivery_id: Mapped[str] = col(default="''")  # what it was sent as
    invitation_id: Mapped[str] = col(default="''")  # to a workshop
    __table_args__ = (Index("ix_message_draft_run", "workspace_id", "run_id"),)


class TaskEvent(Model):
    """What happened to a task; append-only but for `relayed`."""

    __tablename__ = "task_event"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    task_id: Mapped[str] = col()
    at: Mapped[datetime] = col(UtcDateTime)
    actor: Mapped[str] = col()
    # created acknowledged snoozed woken done dismissed resolved reopened reassigned held released escalated
    # evidence contact sent edited note
    kind: Mapped[str] = col()
    note: Mapped[str] = col(default="''")
    is_mirrored: Mapped[bool] = col(Boolean, default="false")  # the CRM did it: it need not be told
    relayed: Mapped[bool] = col(Boolean, default="true")  # false: the CRM and the owner are still to be told
    __table_args__ = (
        Index("ix_task_event_task", "workspace_id", "task_id", "id"),
        Index(
            "ix_task_event_relay",
            "workspace_id",
            "id",
            postgresql_where=text("relayed = false"),
            sqlite_where=text("relayed = false"),
        ),
    )
