"""What was offered to a person, and what they made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Index, Integer, text
from sqlalchemy.orm import Mapped

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import col, key
from waypost_server.store.types import Json, UtcDateTime


class Offer(Model):
    """One nudge claimed for one user. Caps are counted here, under the user's row lock."""

    __tablename__ = "offer"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col()
    nudge: Mapped[str] = col()
    release: Mapped[int] = col(Integer)
    kind: Mapped[str] = col()  # interrupting | passive
    state: Mapped[str] = col()  # claimed | shown | closed | lapsed
    claim_id: Mapped[str] = col()  # made by the browser: the same claim twice is one offer
    claimed_at: Mapped[datetime] = col(UtcDateTime)
    shown_at: Mapped[datetime | None] = col(UtcDateTime)
    goal_base: Mapped[int] = col(BigInteger, default="0")  # total of the goal's feature when claimed
    variant: Mapped[str | None] = col()  # which words were shown; NULL = the nudge's own
    closed_at: Mapped[datetime | None] = col(UtcDateTime)
    reaction: Mapped[str | None] = col()  # the last one that closed it
    snoozed_until: Mapped[datetime | None] = col(UtcDateTime)
    __table_args__ = (
        Index("uq_offer_claim", "workspace_id", "user_id", "claim_id", unique=True),
        Index("ix_offer_user", "workspace_id", "user_id", "claimed_at"),
        Index("ix_offer_nudge", "workspace_id", "nudge", "claimed_at"),
        Index(
            "ix_offer_claimed",
            "claimed_at",
            postgresql_where=text("state = 'claimed'"),
            sqlite_where=text("state = 'claimed'"),
        ),
    )


class Interaction(Model):
    """What the user did with an offer; one row per reaction event."""

    __tablename__ = "interaction"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()  # the event's messageId
    offer_id: Mapped[str] = col()
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col()
    nudge: Mapped[str] = col()
    reaction: Mapped[str] = col()
    at: Mapped[datetime] = col(UtcDateTime)
    detail: Mapped[dict[str, Any]] = col(Json, default="'{}'")
    __table_args__ = (
        Index("ix_interaction_nudge", "workspace_id", "nudge", "at"),
        Index("ix_interaction_user", "workspace_id", "user_id", "at"),
    )


class SurveyAnswer(Model):
    """One answer to one question of a survey; a choice of several options is one row for each."""

    __tablename__ = "survey_answer"
    workspace_id: Mapped[str] = key()
    message_id: Mapped[str] = key()
    question: Mapped[str] = key()
    place: Mapped[int] = key(Integer)
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col()
    nudge: Mapped[str] = col()
    value_number: Mapped[int | None] = col(Integer)
    value_text: Mapped[str | None] = col()  # what was written, or the key of an option
    at: Mapped[datetime] = col(UtcDateTime)
    __table_args__ = (
        Index("ix_survey_answer_nudge", "workspace_id", "nudge", "at"),
        Index("ix_survey_answer_user", "workspace_id", "user_id", "nudge"),
    )


class NudgeGrant(Model):
    """A play handed a nudge to an account's users until a time."""

    __tablename__ = "nudge_grant"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    nudge: Mapped[str] = key()
    run_id: Mapped[str] = key()
    user_id: Mapped[str] = col(default="''")  # for this user only; '' = users of the account, by role
    roles: Mapped[list[str] | None] = col(Json)
    until: Mapped[datetime] = col(UtcDateTime)
    granted_at: Mapped[datetime | None] = col(UtcDateTime)  # null: before this was kept


class Touch(Model):
    """The attention ledger: whatever reached a person, on any channel, people included."""

    __tablename__ = "touch"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()  # "offer:<id>", "delivery:<id>", "contact:<id>": counted once
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col()
    channel: Mapped[str] = col()  # in_app | email | webhook | call | meeting | message
    kind: Mapped[str] = col()
    at: Mapped[datetime] = col(UtcDateTime)
    by: Mapped[str] = col(default="''")  # who logged a contact: a console user's id, or "key …"
    note: Mapped[str] = col(default="''")  # what came of it
    __table_args__ = (
        Index("ix_touch_user", "workspace_id", "user_id", "at"),
        Index("ix_touch_account", "workspace_id", "account_id", "at"),
    )


class PastValue(Model):
    """What a value that no event tells was before it changed at `at`; read by questions about the past."""

    __tablename__ = "past_value"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    subject: Mapped[str] = key()  # "account:<id>", "signal:<id>"
    field: Mapped[str] = key()
    at: Mapped[datetime] = key(UtcDateTime)
    before: Mapped[dict[str, Any]] = col(Json)  # {"value": …}


class Consent(Model):
    """What a user allowed or refused, per channel and topic: the last answer, by (at, message_id)."""

    __tablename__ = "consent"
    workspace_id: Mapped[str] = key()
    user_id: Mapped[str] = key()
    channel: Mapped[str] = key()  # in_app | email | chat | all
    topic: Mapped[str] = key()  # '' = everything; else a surface, or the key of a nudge or play
    allowed: Mapped[bool] = col(Boolean)
    at: Mapped[datetime] = col(UtcDateTime)
    message_id: Mapped[str] = col()
    trust: Mapped[str] = col()  # server | verified | asserted
