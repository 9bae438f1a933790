"""Times as SQLite keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.store.times import read_time, time_text, time_texts

OFFSETS = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda each: timezone(timedelta(minutes=each // timedelta(minutes=1)))
)
MOMENTS = st.datetimes(
    datetime(1900, 1, 3), datetime(9999, 12, 29), timezones=st.one_of(st.just(UTC), OFFSETS)
)


@given(st.lists(st.one_of(st.none(), MOMENTS)))
def test_a_column_of_times_is_written_as_each_of_them_would_be(moments: list[datetime | None]) -> None:
    plainly = [
        None if each is None else each.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        for each in moments
    ]
    assert time_texts(moments) == plainly
    assert [None if each is None else time_text(each) for each in moments] == plainly


@given(MOMENTS)
def test_what_was_written_is_read_as_the_same_moment_in_utc(moment: datetime) -> None:
    read = read_time(time_text(moment))
    assert read == moment
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    ["2026-03-01 12:00:00", "2026-03-01T12:00:00Z", "2026-03-01T14:00:00+02:00", datetime(2026, 3, 1, 12)],
)
def test_other_forms_that_a_driver_may_give_are_read_too(value: str | datetime) -> None:
    assert read_time(value) == datetime(2026, 3, 1, 12, tzinfo=UTC)
