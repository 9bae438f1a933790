"""Due times that respect weekends."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from waypost_server.domain.local_day import day_of
from waypost_server.domain.weeks import at_local

END_OF_DAY = time(17)


def due_after(moment: datetime, days: int, tz: tzinfo) -> datetime:
    """17:00 local, `days` working days (Monday to Friday) after the day of `moment`; 0 = that day or the
    next working one."""
    day = day_of(moment, tz)
    left = days
    while left > 0 or day.weekday() >= 5:
        day += timedelta(days=1)
        if day.weekday() < 5 and left > 0:
            left -= 1
    return at_local(day, tz, END_OF_DAY)
