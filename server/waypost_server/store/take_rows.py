"""What goes into and comes out of taking events in, on either database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from waypost_server.store.usage import DayRow, TotalRow


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
    """What was new. Of `milestone_features`: what this batch `added` to totals, and `totals` as they stand now."""

    new: frozenset[str]
    added: tuple[TotalRow, ...] = ()
    totals: tuple[TotalRow, ...] = ()


def tally(rows: Iterable[Row]) -> tuple[list[DayRow], list[TotalRow]]:
    """Uses to add, by day and in all. Anonymous events count for no one."""
    days: dict[tuple[str, str, str, date], int] = {}
    totals: dict[tuple[str, str, str], tuple[datetime, datetime, int]] = {}
    for _, account_id, user_id, _, _, feature, at, on, *_ in rows:
        if feature is None or not user_id:
            continue
        day = (account_id, user_id, feature, on)
        days[day] = days.get(day, 0) + 1
        subject = (account_id, user_id, feature)
        if subject in totals:
            first, last, total = totals[subject]
            totals[subject] = (min(first, at), max(last, at), total + 1)
        else:
            totals[subject] = (at, at, 1)
    return (
        [DayRow(*key, count) for key, count in days.items()],
        [TotalRow(*key, *rest) for key, rest in totals.items()],
    )
