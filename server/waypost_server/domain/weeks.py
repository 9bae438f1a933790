"""Weeks from Monday to Sunday, in the workspace's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def monday(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def at_local(day: date, tz: tzinfo, clock: time = time(0)) -> datetime:
    """A local time of a day, as UTC."""
    return datetime.combine(day, clock, tzinfo=tz).astimezone(UTC)
