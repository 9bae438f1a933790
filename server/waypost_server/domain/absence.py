"""Who is away: until a first day back, in the person's own zone. A day that has come means that they are here."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from waypost_server.domain.local_day import day_of, spoken


def away_until(back_on: date | None, now: datetime, zone: tzinfo) -> date | None:
    """The first day back while it is still to come in `zone`; None = here."""
    return back_on if back_on is not None and day_of(now, zone) < back_on else None


def away_words(back_on: date | None, now: datetime, zone: tzinfo) -> str:
    """ "away until Dec 7"; '' when they are here."""
    until = away_until(back_on, now, zone)
    return f"away until {spoken(until, day_of(now, zone))}" if until else ""
