"""The day on which an account renews is the day that was meant, wherever the workspace is."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from waypost_server.services.fold_accounts import renewal_on

SYDNEY, DENVER = ZoneInfo("Australia/Sydney"), ZoneInfo("America/Denver")


@pytest.mark.parametrize("zone", [SYDNEY, DENVER], ids=str)
@pytest.mark.parametrize("text", ["2026-12-01", "2026-12-01T00:00:00", "2026-12-01 23:59:59"])
def test_a_day_is_the_day_as_written(text: str, zone: ZoneInfo) -> None:
    """A date, or a time that names no zone."""
    assert renewal_on({"renewal_on": text}, zone) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-12-01T00:00:00+11:00", SYDNEY),
        ("2026-11-30T13:00:00Z", SYDNEY),
        ("2026-12-01T07:00:00.000Z", DENVER),
        ("2026-12-02T06:59:59+0000", DENVER),
    ],
)
def test_a_time_with_a_zone_is_the_workspaces_day(text: str, zone: ZoneInfo) -> None:
    """Midnight in Sydney is the evening before in UTC, and still the first of December there."""
    assert renewal_on({"renewalDate": text}, zone) == date(2026, 12, 1)


@pytest.mark.parametrize("text", ["soon", "", "2026-13-01", "01.12.2026"])
def test_what_cannot_be_read_is_no_day(text: str) -> None:
    """A trait may hold anything."""
    assert renewal_on({"renewal_date": text}, SYDNEY) is None
