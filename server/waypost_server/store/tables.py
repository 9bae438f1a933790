"""Every table in one place, to read the schema. Migrations are the truth for what a database holds.

Every key starts with `workspace_id`; wherever an account is known, `account_id` comes next.
`account_id` and `user_id` are the customer's own ids (NFC text); '' where there is none, so that they
can be part of a key. Times are aware UTC; days are dates in the workspace's zone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Double, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from waypost_server.store.database import db
from waypost_server.store.types import Json, UtcDateTime

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER key
COMPACT = {"sqlite_with_rowid": False}  # the key is the row: no second look-up on SQLite


def key(kind: Any = Text, **options: Any) -> Any:
    """A column of the primary key."""
    return mapped_column(kind, primary_key=True, autoincrement=False, **options)


def col(kind: Any = Text, *, default: str | None = None, **options: Any) -> Any:
    """An ordinary column; `default` is a server default in SQL."""
    return mapped_column(kind, server_default=text(default) if default is not None else None, **options)


# --- the workspace and who may enter --------------------------------------------------------------
class Workspace(db.Model):
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


class Key(db.Model):
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


class ConsoleUser(db.Model):
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
    notices: Mapped[dict[str, Any]] = col(
        Json, default="'{}'"
    )  # what they want to be told; see domain/notices.py
    digest_on: Mapped[date | None] = col(Date)  # the last day whose digest was made, or was empty
    calendar_hash: Mapped[str | None] = col()  # SHA-256 of the token in the address of their calendar
    __table_args__ = (
        Index("uq_console_user_email", "workspace_id", "email", unique=True),
        Index("uq_console_user_calendar", "calendar_hash", unique=True),
    )


class ConsoleSession(db.Model):
    """A login. The cookie holds a random token; its SHA-256 is the id."""

    __tablename__ = "console_session"
    id: Mapped[str] = key()
    workspace_id: Mapped[str] = col()
    console_user_id: Mapped[str] = col()
    csrf: Mapped[str] = col()
    created_at: Mapped[datetime] = col(UtcDateTime)
    seen_at: Mapped[datetime] = col(UtcDateTime)
    expires_at: Mapped[datetime] = col(UtcDateTime)


class LoginLink(db.Model):
    """A one-time login link; the id is the SHA-256 of its token."""

    __tablename__ = "login_link"
    id: Mapped[str] = key()
    workspace_id: Mapped[str] = col()
    console_user_id: Mapped[str] = col()
    expires_at: Mapped[datetime] = col(UtcDateTime)
    used_at: Mapped[datetime | None] = col(UtcDateTime)


class LoginAttempt(db.Model):
    """Failed logins, to slow guessing down; kept here so that flushing Redis resets nothing."""

    __tablename__ = "login_attempt"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject: Mapped[str] = col()  # hash of e-mail, or of the address
    at: Mapped[datetime] = col(UtcDateTime)
    __table_args__ = (Index("ix_login_attempt_subject_at", "subject", "at"),)


class Audit(db.Model):
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


# --- events ---------------------------------------------------------------------------------------
class EventKey(db.Model):
    """One row per accepted messageId: the dedupe key, apart from the log because the log is partitioned."""

    __tablename__ = "event_key"
    workspace_id: Mapped[str] = key()
    message_id: Mapped[str] = key()
    received_at: Mapped[datetime] = col(UtcDateTime)
    __table_args__ = (COMPACT,)


class Event(db.Model):
    """The append-only log. PostgreSQL: partitioned by month of `received_at`.

    No index beside the key: nothing on a hot path reads it, and every event would pay for one.
    """

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    workspace_id: Mapped[str] = col()
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col()
    message_id: Mapped[str] = col()
    type: Mapped[str] = col()  # track identify group page screen alias
    name: Mapped[str] = col()  # event or page name, '' for identify and group
    feature: Mapped[str | None] = col()  # what the catalogue made of it, when it was received
    ts: Mapped[datetime] = col(UtcDateTime)  # when it happened, skew-corrected
    received_at: Mapped[datetime] = col(UtcDateTime)
    trust: Mapped[str] = col()  # server | verified | asserted
    body: Mapped[str] = col()  # JSON text as normalised


class Quarantine(db.Model):
    """An event that was refused, with the reason, for a person to look at."""

    __tablename__ = "quarantine"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    workspace_id: Mapped[str] = col()
    received_at: Mapped[datetime] = col(UtcDateTime)
    message_id: Mapped[str | None] = col()
    code: Mapped[str] = col()
    message: Mapped[str] = col()
    body_head: Mapped[str] = col()  # the first 2,000 characters, made storable
    __table_args__ = (Index("ix_quarantine_workspace", "workspace_id", "id"),)


class IngestDay(db.Model):
    """Counts of what came in, in shards so that parallel batches do not queue for one row."""

    __tablename__ = "ingest_day"
    workspace_id: Mapped[str] = key()
    day: Mapped[date] = key(Date)
    shard: Mapped[int] = key(Integer)
    accepted: Mapped[int] = col(BigInteger, default="0")
    duplicate: Mapped[int] = col(BigInteger, default="0")
    quarantined: Mapped[int] = col(BigInteger, default="0")
    __table_args__ = (COMPACT,)


# --- accounts and users ---------------------------------------------------------------------------
class Account(db.Model):
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


class MotionOverride(db.Model):
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


class AccountOwner(db.Model):
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


class EndUser(db.Model):
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


class Membership(db.Model):
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


# --- usage and milestones -------------------------------------------------------------------------
class UsageDay(db.Model):
    """How often a user used a feature on a day. The series every rule and detector reads."""

    __tablename__ = "usage_day"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    user_id: Mapped[str] = key()
    feature: Mapped[str] = key()
    day: Mapped[date] = key(Date)
    count: Mapped[int] = col(BigInteger)
    __table_args__ = (COMPACT,)


class UsageTotal(db.Model):
    """First use, last use and total, so that "ever" and "days since" need no scan."""

    __tablename__ = "usage_total"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    user_id: Mapped[str] = key()
    feature: Mapped[str] = key()
    first_at: Mapped[datetime] = col(UtcDateTime)
    last_at: Mapped[datetime] = col(UtcDateTime)
    total: Mapped[int] = col(BigInteger)
    __table_args__ = (COMPACT,)


class MilestoneState(db.Model):
    """Progress of a subject (an account; or a user of it) on a milestone. user_id '' for an account's."""

    __tablename__ = "milestone_state"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    user_id: Mapped[str] = key()
    milestone: Mapped[str] = key()
    done: Mapped[int] = col(Integer)
    total: Mapped[int] = col(Integer)
    steps: Mapped[dict[str, str]] = col(Json)  # step key → ISO time it was done
    started_at: Mapped[datetime | None] = col(UtcDateTime)
    reached_at: Mapped[datetime | None] = col(UtcDateTime)
    __table_args__ = (COMPACT,)


# --- releases and what was offered ----------------------------------------------------------------
class Release(db.Model):
    """A published, frozen set of definitions: the files themselves, by name."""

    __tablename__ = "release"
    workspace_id: Mapped[str] = key()
    number: Mapped[int] = key(Integer)
    digest: Mapped[str] = col()
    files: Mapped[dict[str, str]] = col(Json)
    author: Mapped[str] = col()
    message: Mapped[str] = col(default="''")
    environment: Mapped[str] = col(default="''")  # the one it was made for; "" = the files as written
    published_at: Mapped[datetime] = col(UtcDateTime)


class DraftFile(db.Model):
    """One edited file of a draft. A draft is its edits: it lies over whatever release is live."""

    __tablename__ = "draft_file"
    workspace_id: Mapped[str] = key()
    draft: Mapped[str] = key()  # its name; a person's own draft bears their e-mail
    file: Mapped[str] = key()
    text: Mapped[str | None] = col()  # null: the file shall be deleted
    stamp: Mapped[str] = col()  # fingerprint of `text`: who saves must have seen it
    base: Mapped[int] = col(Integer)  # the release that was live when the edit began; 0 for none
    base_text: Mapped[str | None] = col()  # the file in it; null: it was not there
    author: Mapped[str] = col()
    updated_at: Mapped[datetime] = col(UtcDateTime)


class Offer(db.Model):
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


class Interaction(db.Model):
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


class SurveyAnswer(db.Model):
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


class NudgeGrant(db.Model):
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


class Touch(db.Model):
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


class PastValue(db.Model):
    """What a value that no event tells was before it changed at `at`; read by questions about the past."""

    __tablename__ = "past_value"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    subject: Mapped[str] = key()  # "account:<id>", "signal:<id>"
    field: Mapped[str] = key()
    at: Mapped[datetime] = key(UtcDateTime)
    before: Mapped[dict[str, Any]] = col(Json)  # {"value": …}


class Consent(db.Model):
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


# --- signals, plays, deliveries, tasks ------------------------------------------------------------
class Signal(db.Model):
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


class PlayRun(db.Model):
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


class PlayPause(db.Model):
    """A play that a person has paused, in every release."""

    __tablename__ = "play_pause"
    workspace_id: Mapped[str] = key()
    play: Mapped[str] = key()
    at: Mapped[datetime] = col(UtcDateTime)
    actor: Mapped[str] = col()
    reason: Mapped[str] = col()


class BulkStart(db.Model):
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


class PlayWatch(db.Model):
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


class StepRun(db.Model):
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


class Delivery(db.Model):
    """One message to one recipient through one channel: outbox and ledger."""

    __tablename__ = "delivery"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col(default="''")
    run_id: Mapped[str] = col(default="''")
    play: Mapped[str] = col(default="''")
    release: Mapped[int] = col(Integer, default="0")
    channel: Mapped[str] = col()  # email | webhook
    kind: Mapped[str] = col(default="'passive'")
    template: Mapped[str] = col(default="''")
    recipient: Mapped[str] = col()  # address or webhook name
    person: Mapped[str] = col(default="''")  # console_user.id of who sends it; '' = software does
    task_id: Mapped[str] = col(default="''")  # the task whose draft it was
    subject: Mapped[str] = col(default="''")
    body: Mapped[str] = col(default="''")  # text part, or the webhook's JSON; set when it is rendered
    body_html: Mapped[str] = col(default="''")
    dedupe_key: Mapped[str] = col()
    # pending awaiting_approval sending sent failed unknown suppressed expired cancelled
    state: Mapped[str] = col()
    approval_id: Mapped[str] = col(default="''")  # what it waits for, or waited for
    counted_on: Mapped[date | None] = col(Date)  # the day in whose SendDay it has a place
    phase: Mapped[str] = col(default="''")  # while sending: pre | commit_point
    reason: Mapped[str] = col(default="''")  # why it ended as it did
    claims: Mapped[int] = col(Integer, default="0")
    attempts: Mapped[int] = col(Integer, default="0")
    tries_before: Mapped[int] = col(Integer, default="0")  # attempts made when a person last sent it again
    not_before: Mapped[datetime] = col(UtcDateTime)
    expires_at: Mapped[datetime] = col(UtcDateTime)
    lease_until: Mapped[datetime | None] = col(UtcDateTime)
    fence: Mapped[str | None] = col()
    created_at: Mapped[datetime] = col(UtcDateTime)
    ended_at: Mapped[datetime | None] = col(UtcDateTime)
    __table_args__ = (
        Index("uq_delivery_dedupe", "workspace_id", "dedupe_key", unique=True),
        Index(
            "ix_delivery_open",
            "not_before",
            postgresql_where=text("state in ('pending', 'sending')"),
            sqlite_where=text("state in ('pending', 'sending')"),
        ),
        Index("ix_delivery_account", "workspace_id", "account_id", "created_at"),
        Index("ix_delivery_created", "workspace_id", "created_at", "id"),
        Index(
            "ix_delivery_approval",
            "workspace_id",
            "approval_id",
            postgresql_where=text("state = 'awaiting_approval'"),
            sqlite_where=text("state = 'awaiting_approval'"),
        ),
    )


class Attempt(db.Model):
    """One try of a delivery; append-only."""

    __tablename__ = "attempt"
    workspace_id: Mapped[str] = key()
    delivery_id: Mapped[str] = key()
    n: Mapped[int] = key(Integer)
    at: Mapped[datetime] = col(UtcDateTime)
    outcome: Mapped[str] = col()
    detail: Mapped[str] = col(default="''")


class Endpoint(db.Model):
    """Where webhooks or chat messages go, by its name in policy.yaml: how it has answered, and its secrets.

    A row is made when there is something to say; an endpoint without one is new and well.
    """

    __tablename__ = "endpoint"
    workspace_id: Mapped[str] = key()
    channel: Mapped[str] = key()  # webhook | chat
    name: Mapped[str] = key()
    address: Mapped[str] = col(
        default="''"
    )  # chat: the secret address or token; never shown again, never logged
    secret_version: Mapped[int] = col(Integer, default="0")  # webhook: which signing secret is the newest
    rotated_at: Mapped[datetime | None] = col(UtcDateTime)  # the one before signs as well for a day
    failures: Mapped[int] = col(Integer, default="0")  # in a row
    failing_since: Mapped[datetime | None] = col(UtcDateTime)
    retry_at: Mapped[datetime | None] = col(UtcDateTime)  # messages wait until then
    disabled_at: Mapped[datetime | None] = col(UtcDateTime)
    disabled_why: Mapped[str] = col(default="''")
    ok_at: Mapped[datetime | None] = col(UtcDateTime)  # the last good answer, to the minute


class Bounce(db.Model):
    """What came back of a mail: a bounce or a complaint, read once."""

    __tablename__ = "bounce"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()  # hash of what the report says, so that reading it again is nothing new
    address_hash: Mapped[str] = col()
    delivery_id: Mapped[str] = col()
    kind: Mapped[str] = col()  # hard | soft | complaint
    status: Mapped[str] = col()
    detail: Mapped[str] = col()
    at: Mapped[datetime] = col(UtcDateTime)
    __table_args__ = (Index("ix_bounce_address", "workspace_id", "address_hash", "at"),)


class MailSlot(db.Model):
    """Mails to a mail domain in a window of time, for domains that policy.yaml limits."""

    __tablename__ = "mail_slot"
    workspace_id: Mapped[str] = key()
    domain: Mapped[str] = key()
    starts_at: Mapped[datetime] = key(UtcDateTime)
    taken: Mapped[int] = col(Integer)


class SendingStop(db.Model):
    """A kill switch that is thrown. Taking it back deletes the row; the audit keeps both."""

    __tablename__ = "sending_stop"
    workspace_id: Mapped[str] = key()  # '' = every workspace
    at: Mapped[datetime] = col(UtcDateTime)
    actor: Mapped[str] = col()
    reason: Mapped[str] = col()


class SendDay(db.Model):
    """How many e-mails have taken their place in a day: of a workspace (play ''), and of each play."""

    __tablename__ = "send_day"
    workspace_id: Mapped[str] = key()
    day: Mapped[date] = key(Date)
    play: Mapped[str] = key()
    count: Mapped[int] = col(BigInteger)
    __table_args__ = (COMPACT,)


class Approval(db.Model):
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


class Suppression(db.Model):
    """An address that must not be written to; only its keyed hash is kept."""

    __tablename__ = "suppression"
    workspace_id: Mapped[str] = key()
    address_hash: Mapped[str] = key()
    reason: Mapped[str] = col()  # unsubscribed | bounced | complained | manual
    at: Mapped[datetime] = col(UtcDateTime)


class Task(db.Model):
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


class TaskSignal(db.Model):
    """The signals behind a task: the one that began it, and those that joined."""

    __tablename__ = "task_signal"
    workspace_id: Mapped[str] = key()
    task_id: Mapped[str] = key()
    signal_id: Mapped[str] = key()
    at: Mapped[datetime] = col(UtcDateTime)
    __table_args__ = (Index("ix_task_signal_signal", "workspace_id", "signal_id"),)


class MessageDraft(db.Model):
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
    __table_args__ = (Index("ix_message_draft_run", "workspace_id", "run_id"),)


class TaskEvent(db.Model):
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


# --- adoption -------------------------------------------------------------------------------------
class AdoptionScore(db.Model):
    """How an account stood against a definition in a week. Another meaning has another digest, so that the
    scores of the old one stay beside those of the new."""

    __tablename__ = "adoption_score"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    definition: Mapped[str] = key()  # digest of the segment's definition
    week: Mapped[date] = key(Date)  # its Monday; the current week's row is written again with every look
    version: Mapped[int] = col(Integer)
    segment: Mapped[str] = col()  # whose definition judged it
    state: Mapped[str] = col()  # adopted | partial | not
    score: Mapped[float] = col(Double)
    findings: Mapped[list[dict[str, Any]]] = col(Json)
    scored_at: Mapped[datetime] = col(UtcDateTime)


class AccountPeers(db.Model):
    """What companies like this one do, as of the start of a week: by subject, the share of them."""

    __tablename__ = "account_peers"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    week: Mapped[date] = col(Date)
    peers: Mapped[int] = col(Integer)  # companies compared with, without this one
    shares: Mapped[dict[str, dict[str, int]]] = col(Json)  # key → measure → percent, rounded to 5


class PeerWeek(db.Model):
    """Peers are compared once a week; who inserts the row does it, in the same transaction."""

    __tablename__ = "peer_week"
    workspace_id: Mapped[str] = key()
    week: Mapped[date] = key(Date)
    accounts: Mapped[int] = col(Integer)
    computed_at: Mapped[datetime] = col(UtcDateTime)
