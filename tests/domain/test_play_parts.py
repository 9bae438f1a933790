"""The small pure parts of plays: business days, quiet hours, keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.business_days import due_after
from waypost_server.domain.dedupe import delivery_key
from waypost_server.domain.definitions import QuietHours
from waypost_server.domain.quiet_hours import quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-23T10:00", 0, "2026-11-23T16:00"),
        ("2026-11-23T10:00", 2, "2026-11-25T16:00"),
        ("2026-11-26T10:00", 2, "2026-11-30T16:00"),  # Thursday + 2 = Monday
        ("2026-11-28T10:00", 0, "2026-11-30T16:00"),  # Saturday
        ("2026-11-28T10:00", 1, "2026-11-30T16:00"),
        ("2026-11-27T23:30", 1, "2026-11-30T16:00"),  # Saturday already in Berlin
    ],
)
def test_due_is_at_five_local_on_a_working_day(start: str, days: int, due: str) -> None:
    """Weekends do not count, and days are days in the workspace's zone."""
    moment = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert due_after(moment, days, BERLIN) == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("19:59", None),
        ("20:00", "08:00"),
        ("23:59", "08:00"),
        ("00:30", "08:00"),
        ("07:59", "08:00"),
        ("08:00", None),
    ],
)
def test_quiet_hours_over_midnight_end_in_the_morning(local: str, until: str | None) -> None:
    """20:00 to 08:00 in the person's zone; the ends belong to the start."""
    hour, minute = map(int, local.split(":"))
    moment = datetime(2026, 11, 23, hour, minute, tzinfo=BERLIN)
    found = quiet_until(moment, QuietHours(), BERLIN)
    assert (found and found.astimezone(BERLIN).strftime("%H:%M")) == until


@given(
    MOMENTS,
    st.sampled_from(["00:00", "02:30", "08:00", "20:00"]),
    st.sampled_from(["01:00", "02:30", "07:30"]),
)
def test_quiet_always_ends_in_the_future_and_then_it_is_over(moment: datetime, start: str, end: str) -> None:
    """Also in the night when clocks change."""
    quiet = QuietHours(start, end)
    until = quiet_until(moment, quiet, BERLIN)
    if until is None:
        return
    assert moment < until <= moment + timedelta(hours=25)
    assert quiet_until(until, quiet, BERLIN) is None or until - moment <= timedelta(minutes=1)


def test_no_quiet_hours_means_never_quiet() -> None:
    """An explicit null in policy.yaml, or an empty span."""
    assert quiet_until(NOW.replace(hour=3), None, BERLIN) is None
    assert quiet_until(NOW.replace(hour=3), QuietHours("08:00", "08:00"), BERLIN) is None


def test_one_address_in_two_spellings_is_one_delivery() -> None:
    """Case and spaces do not make a second mail."""
    first = delivery_key(run_id="r", step=0, channel="email", recipient="Dana@Example.com ")
    assert first == delivery_key(run_id="r", step=0, channel="email", recipient="dana@example.com")
    assert first != delivery_key(run_id="r", step=1, channel="email", recipient="dana@example.com")
