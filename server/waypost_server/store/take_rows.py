"""What goes into and comes out of taking events in, on either database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from waypost_server.store.usage import TotalRow


class Row(NamedTuple):
    """One event, with what it says about its user's role (`role_at` is the stamp of the event)."""

    message_id: str
    account_id: str
    user_id: str
    type: str
    name: str
    feature: str | None
    ts: datetime
    day: date  # in the workspace's zone
    body: str
    role: str | None
    role_at: str | None
    hold: bool  # lock the user's row: more of it is written in this transaction


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one request. `folds` is False for events that are only kept."""

    workspace_id: str
    rows: tuple[Row, ...]
    received_at: datetime
    received_day: date
    trust: str
    folds: bool
    shard: int
    duplicate: int  # seen before the database was asked
    quarantined: int
    milestone_features: tuple[str, ...]  # features whose totals the caller wants to know


@dataclass(frozen=True, slots=True)
class Taken:
    """What was new. `totals` are those of `milestone_features` as they stand after this batch."""

    new: frozenset[str]
    totals: tuple[TotalRow, ...] = ()
