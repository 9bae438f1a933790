"""When an event happened: the client's time, corrected by how far the client's clock is off.

`sentAt` and the moment of receipt name the same instant on two clocks; their difference moves the
event's time. Never into the future, never before 1970; an unreadable time is the moment of receipt.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

TOLERATED = timedelta(seconds=2)  # network and queueing; below it the clock counts as right
NONE = timedelta(0)
FLOOR = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS_FROM = 100_000_000_000  # an epoch number above it is in milliseconds


def parse_time(value: Any) -> datetime | None:
    """ISO 8601 text or an epoch number (seconds or milliseconds) as aware UTC; None when unreadable.

    A time without a zone is UTC. A leap second is the second before it.
    """
    try:
        if type(value) is str:
            return _parse_text(value)
        if type(value) is int or type(value) is float:
            return FLOOR + timedelta(seconds=value / 1000 if abs(value) >= MILLISECONDS_FROM else value)
    except (ValueError, OverflowError):
        return None
    return None


def _parse_text(value: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        parsed = datetime.fromisoformat(value.strip().replace(":60", ":59", 1))
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC)
    return parsed if parsed.tzinfo is UTC else parsed.astimezone(UTC)


def clock_skew(sent_at: datetime | None, received_at: datetime) -> timedelta:
    """How far the client's clock is behind ours; zero when unknown or within two seconds."""
    if sent_at is None:
        return NONE
    skew = received_at - sent_at
    return NONE if -TOLERATED <= skew <= TOLERATED else skew


def corrected(happened: datetime, skew: timedelta, received_at: datetime) -> datetime:
    """The event's time on our clock: moved by `skew`, at most `received_at`, at least 1970."""
    if skew:
        try:
            happened = happened + skew
        except OverflowError:
            return received_at if happened.year > FLOOR.year else FLOOR
    if happened > received_at:
        return received_at
    return happened if happened >= FLOOR else FLOOR
