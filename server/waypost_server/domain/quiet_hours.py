"""When a person must be left in peace."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from waypost_server.domain.policy import QuietHours
from waypost_server.domain.weeks import at_local


def quiet_until(moment: datetime, quiet: QuietHours | None, tz: tzinfo) -> datetime | None:
    """The end of the quiet hours that `moment` falls in (UTC), or None when it is not quiet."""
    if quiet is None:
        return None
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    if start == end:
        return None
    local = moment.astimezone(tz)
    clock = local.time()
    overnight = start > end
    inside = (clock >= start or clock < end) if overnight else start <= clock < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if overnight and clock >= start else local.date()
    # A clock change can put the local end before now; never answer with the past.
    return max(at_local(day, tz, end), moment.astimezone(UTC) + timedelta(minutes=1))
