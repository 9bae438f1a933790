"""Messages that leave, and what holds them back."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, Index, Integer, text
from sqlalchemy.orm import Mapped

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import COMPACT, col, key
from waypost_server.store.types import UtcDateTime


class Delivery(Model):
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
    invitation_id: Mapped[str] = col(default="''")  # to a workshop; then it carries an entry for calendars
    calendar: Mapped[str] = col(default="''")  # what the entry does: request | update | cancel
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


class Attempt(Model):
    """One try of a delivery; append-only."""

    __tablename__ = "attempt"
    workspace_id: Mapped[str] = key()
    delivery_id: Mapped[str] = key()
    n: Mapped[int] = key(Integer)
    at: Mapped[datetime] = col(UtcDateTime)
    outcome: Mapped[str] = col()
    detail: Mapped[str] = col(default="''")


class Endpoint(Model):
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
    blocked: Mapped[int] = col(BigInteger, default="0")  # calls that the guarded way out did not make, ever


class Bounce(Model):
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


class MailSlot(Model):
    """Mails to a mail domain in a window of time, for domains that policy.yaml limits."""

    __tablename__ = "mail_slot"
    workspace_id: Mapped[str] = key()
    domain: Mapped[str] = key()
    starts_at: Mapped[datetime] = key(UtcDateTime)
    taken: Mapped[int] = col(Integer)


class RoomPace(Model):
    """When a chat room may get its next message. A row is made with its first one."""

    __tablename__ = "room_pace"
    workspace_id: Mapped[str] = key()
    room: Mapped[str] = key()  # the service's id of it; of an incoming webhook its name in policy.yaml
    free_at: Mapped[datetime | None] = col(UtcDateTime)  # nothing is posted before
    taken_until: Mapped[datetime | None] = col(
        UtcDateTime
    )  # a worker is connecting; it marks or gives up by then


class SendingStop(Model):
    """A kill switch that is thrown. Taking it back deletes the row; the audit keeps both."""

    __tablename__ = "sending_stop"
    workspace_id: Mapped[str] = key()  # '' = every workspace
    at: Mapped[datetime] = col(UtcDateTime)
    actor: Mapped[str] = col()
    reason: Mapped[str] = col()


class SendDay(Model):
    """How many e-mails have taken their place in a day: of a workspace (play ''), and of each play."""

    __tablename__ = "send_day"
    workspace_id: Mapped[str] = key()
    day: Mapped[date] = key(Date)
    play: Mapped[str] = key()
    count: Mapped[int] = col(BigInteger)
    __table_args__ = (COMPACT,)


class SendMark(Model):
    """One row: the newest mark before sending, where the database lives (services/restored.py), and its secret."""

    __tablename__ = "send_mark"
    id: Mapped[int] = key(Integer)
    number: Mapped[int] = col(BigInteger, default="0")
    home: Mapped[str] = col(default="''")  # server, line of history and database; '' = not known yet
    restored_at: Mapped[datetime | None] = col(UtcDateTime)
    lost_from: Mapped[int] = col(BigInteger, default="0")  # the numbers that a restore forgot: after this one
    lost_to: Mapped[int] = col(BigInteger, default="0")  # up to this one
    fingerprint: Mapped[str] = col(
        default="''"
    )  # of WAYPOST_SECRET; '' = not known yet. See services/known_secret.py
    secret_since: Mapped[datetime | None] = col(
        UtcDateTime
    )  # when it was accepted; none = it is the first one


class SentBefore(Model):
    """A message that left after the backup from which this database was restored."""

    __tablename__ = "sent_before"
    workspace_id: Mapped[str] = key()
    message: Mapped[str] = key()  # a keyed hash of what makes it the same message
    number: Mapped[int] = key(BigInteger)
    at: Mapped[datetime] = col(UtcDateTime)
    used: Mapped[bool] = col(Boolean, default="false")  # a message of this database stands for it


class Suppression(Model):
    """An address that must not be written to; only its keyed hash is kept."""

    __tablename__ = "suppression"
    workspace_id: Mapped[str] = key()
    address_hash: Mapped[str] = key()
    reason: Mapped[str] = col()  # unsubscribed | bounced | complained | manual
    at: Mapped[datetime] = col(UtcDateTime)
