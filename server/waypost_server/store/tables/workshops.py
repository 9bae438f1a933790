"""When workshops take place, and who is invited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, text
from sqlalchemy.orm import Mapped

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import col, key
from waypost_server.store.types import UtcDateTime


class WorkshopSlot(Model):
    """When a workshop takes place."""

    __tablename__ = "workshop_slot"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    workshop: Mapped[str] = col()  # its key among the definitions
    starts_at: Mapped[datetime] = col(UtcDateTime)
    ends_at: Mapped[datetime] = col(UtcDateTime)
    timezone: Mapped[str] = col()  # where the host is; people read it in their own
    place: Mapped[str] = col()
    capacity: Mapped[int | None] = col(Integer)  # null = no limit
    taken: Mapped[int] = col(Integer, default="0")  # places of those who said yes
    revision: Mapped[int] = col(Integer, default="0")  # +1 with every change that calendars must hear of
    state: Mapped[str] = col()  # open | cancelled
    reason: Mapped[str] = col(default="''")  # why it was cancelled
    created_at: Mapped[datetime] = col(UtcDateTime)
    follow_up_at: Mapped[datetime] = col(UtcDateTime)  # when it is looked who does what was taught
    followed_up_at: Mapped[datetime | None] = col(UtcDateTime)
    __table_args__ = (
        Index("ix_workshop_slot_start", "workspace_id", "workshop", "starts_at"),
        Index(
            "ix_workshop_slot_follow_up",
            "follow_up_at",
            postgresql_where=text("followed_up_at is null"),
            sqlite_where=text("followed_up_at is null"),
        ),
    )


class WorkshopInvitation(Model):
    """One person and one slot."""

    __tablename__ = "workshop_invitation"
    workspace_id: Mapped[str] = key()
    id: Mapped[str] = key()
    slot_id: Mapped[str] = col()
    workshop: Mapped[str] = col()
    account_id: Mapped[str] = col()
    user_id: Mapped[str] = col()
    email: Mapped[str] = col()
    release: Mapped[int] = col(Integer)  # whose words it was written with
    # draft (a person has yet to send it) | invited | accepted | declined | attended | missed | withdrawn
    state: Mapped[str] = col()
    invited_at: Mapped[datetime | None] = col(UtcDateTime)
    answered_at: Mapped[datetime | None] = col(UtcDateTime)
    marked_at: Mapped[datetime | None] = col(UtcDateTime)  # attended or missed
    did: Mapped[bool | None] = col(Boolean)  # what was taught, by the follow-up
    checked_at: Mapped[datetime | None] = col(UtcDateTime)
    __table_args__ = (
        Index("uq_workshop_invitation", "workspace_id", "slot_id", "user_id", unique=True),
        Index("ix_workshop_invitation_user", "workspace_id", "workshop", "user_id"),
    )
