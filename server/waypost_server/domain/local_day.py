"""Days of a workspace: dates in its time zone. The one place that converts between times and days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo


def zone_of(name: str, otherwise: tzinfo = UTC) -> tzinfo:
    """The zone by its IANA name; UTC for "UTC", and `otherwise` for names this machine does not know."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return otherwise


def is_zone(name: str) -> bool:
    """Whether this machine knows a zone of that IANA name."""
    unknown = timezone(timedelta(minutes=1))
    return zone_of(name, unknown) is not unknown


def day_of(at: datetime, zone: tzinfo) -> date:
    """The day on which `at` falls in `zone`."""
    return at.date() if zone is UTC else at.astimezone(zone).date()


def start_of(day: date, zone: tzinfo) -> datetime:
    """The first moment of `day` in `zone`, as aware UTC."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def spoken(day: date, today: date) -> str:
    """ "Nov 30"; with the year when it is not today's."""
    text = f"{day:%b} {day.day}"
    return text if day.year == today.year else f"{text}, {day.year}"
