"""May a play start for a subject again?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from waypost_server.domain.definitions import Enrol
from waypost_server.domain.local_day import day_of, spoken


def used_up(enrol: Enrol, started: Sequence[datetime], now: datetime, zone: tzinfo) -> str:
    """Why it may not, as the end of a sentence about the play, with days of `zone`; '' when it may. `started` in any
    order."""
    since = None if enrol.per_days is None else now - timedelta(days=enrol.per_days)
    counted = [at for at in started if since is None or at > since]
    if len(counted) < enrol.max:
        return ""
    last = f"it last ran on {spoken(day_of(max(counted), zone), day_of(now, zone))}"
    if enrol.per_days is None:
        return f"{last}, and runs once."
    if enrol.max == 1:
        return f"{last}, and runs at most every {enrol.per_days:g} days."
    return f"{last}, and runs at most {enrol.max} times in {enrol.per_days:g} days."
