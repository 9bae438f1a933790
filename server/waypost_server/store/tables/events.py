"""Events as they came in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import COMPACT, BigId, col, key
from waypost_server.store.types import UtcDateTime


class EventKey(Model):
    """One row per accepted messageId: the dedupe key, apart from the log because the log is partitioned."""

    __tablename__ = "event_key"
    workspace_id: Mapped[str] = key()
    message_id: Mapped[str] = key()
    received_at: Mapped[datetime] = col(UtcDateTime)
    __table_args__ = (COMPACT,)


class Event(Model):
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


class Quarantine(Model):
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


class IngestDay(Model):
    """Counts of what came in, in shards so that parallel batches do not queue for one row."""

    __tablename__ = "ingest_day"
    workspace_id: Mapped[str] = key()
    day: Mapped[date] = key(Date)
    shard: Mapped[int] = key(Integer)
    accepted: Mapped[int] = col(BigInteger, default="0")
    duplicate: Mapped[int] = col(BigInteger, default="0")
    quarantined: Mapped[int] = col(BigInteger, default="0")
    __table_args__ = (COMPACT,)
