"""May a play start for a subject again?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from waypost_server.domain.definitions import Enrol
from waypost_server.domain.local_day import spoken


def used_up(enrol: Enrol, started: Sequence[datetime], now: datetime) -> str:
    """Why it may not, as the end of a sentence about the play; '' when it may. `started` in any order."""
    since = None if enrol.per_days is None else now - timedelta(days=enrol.per_days)
    counted = [at for at in started if since is None or at > since]
    if len(counted) < enrol.max:
        return ""
    last = f"it last ran on {spoken(max(counted).date(), now.date())}"
    if enrol.per_days is None:
        return f"{last}, and runs once."
    if enrol.max == 1:
        return f"{last}, and runs at most every {enrol.per_days:g} days."
    return f"{last}, and runs at most {enrol.max} times in {enrol.per_days:g} days."
