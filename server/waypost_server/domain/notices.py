"""What a person of ours may be told by mail, and what they chose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any

from waypost_server.domain.local_day import day_of
from waypost_server.domain.weeks import at_local

KINDS = {
    "new": "A task is new, or handed to me",
    "late": "A task of the team is overdue, if I am the lead",
    "digest": "A working day begins: what is overdue, due and held back",
}
DIGEST_AT, DIGEST_UNTIL = time(8), time(12)  # local; later than noon it would be no morning's news


def wants(chosen: Mapping[str, Any], kind: str) -> bool:
    """Whether somebody wants a kind; what they have not said, they want."""
    return chosen.get(kind) is not False


def digest_day(now: datetime, zone: tzinfo, made_on: date | None) -> date | None:
    """The day whose digest is due now where the person is; None on weekends, after the morning, or once it is made."""
    day = day_of(now, zone)
    if day.weekday() >= 5 or (made_on is not None and made_on >= day):
        return None
    return day if at_local(day, zone, DIGEST_AT) <= now < at_local(day, zone, DIGEST_UNTIL) else None
