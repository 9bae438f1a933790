"""When a wait is over: lengths in business days, clock times and dates, where the subject lives."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from waypost_server.domain.clock_skew import parse_time
from waypost_server.domain.flow_steps import WEEKDAYS, UntilClock, UntilDate, WaitStep
from waypost_server.domain.local_day import day_of
from waypost_server.domain.weeks import at_local

FOREVER = timedelta(days=366)  # no wait is longer, whatever a fact says


def length_ends(step: WaitStep, since: datetime, zone: tzinfo) -> datetime:
    """When the length of a wait that began at `since` is over."""
    if step.business_days is not None:
        return _business_days_after(since, step.business_days, zone)
    return since + timedelta(days=step.days or 0, hours=step.hours or 0)


def clock_comes(until: UntilClock, since: datetime, zone: tzinfo) -> datetime:
    """The first moment after `since` at which it is that time, on that weekday."""
    clock, day = time.fromisoformat(until.at), day_of(since, zone)
    for _ in range(9):
        fits = until.weekday is None or WEEKDAYS[day.weekday()] == until.weekday
        if fits and (found := at_local(day, zone, clock)) > since:
            return found
        day += timedelta(days=1)
    raise AssertionError("every weekday comes within nine days")


def date_comes(until: UntilDate, value: Any, since: datetime, zone: tzinfo) -> datetime | None:
    """When the day or time that a fact holds comes; None when the value is neither."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None
    clock = time.fromisoformat(until.at)
    try:
        at = parse_time(value) if day is None else at_local(day, zone, clock)
        found = None if at is None else at - timedelta(days=until.days_before)
    except OverflowError:
        return None
    return None if found is None else min(found, since + FOREVER)


def _business_days_after(since: datetime, days: int, zone: tzinfo) -> datetime:
    """The same time of day, so many working days (Monday to Friday) later."""
    local, left = since.astimezone(zone), days
    day = local.date()
    while left > 0 or day.weekday() >= 5:
        day += timedelta(days=1)
        if day.weekday() < 5 and left > 0:
            left -= 1
    return at_local(day, zone, local.time()) if day != local.date() else since
