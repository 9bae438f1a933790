"""Usage, milestones and adoption."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Double, Integer
from sqlalchemy.orm import Mapped

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import COMPACT, col, key
from waypost_server.store.types import Json, UtcDateTime


class UsageDay(Model):
    """How often a user used a feature on a day. The series every rule and detector reads."""

    __tablename__ = "usage_day"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    user_id: Mapped[str] = key()
    feature: Mapped[str] = key()
    day: Mapped[date] = key(Date)
    count: Mapped[int] = col(BigInteger)
    __table_args__ = (COMPACT,)


class UsageTotal(Model):
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


class MilestoneState(Model):
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


class AdoptionScore(Model):
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


class AccountPeers(Model):
    """What companies like this one do, as of the start of a week: by subject, the share of them."""

    __tablename__ = "account_peers"
    workspace_id: Mapped[str] = key()
    account_id: Mapped[str] = key()
    week: Mapped[date] = col(Date)
    peers: Mapped[int] = col(Integer)  # companies compared with, without this one
    shares: Mapped[dict[str, dict[str, int]]] = col(Json)  # key → measure → percent, rounded to 5


class PeerWeek(Model):
    """Peers are compared once a week; who inserts the row does it, in the same transaction."""

    __tablename__ = "peer_week"
    workspace_id: Mapped[str] = key()
    week: Mapped[date] = key(Date)
    accounts: Mapped[int] = col(Integer)
    computed_at: Mapped[datetime] = col(UtcDateTime)
