"""When an endpoint that fails is left alone, and when it is switched off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.circuit import GIVES_UP, OPENS_AFTER, PAUSES, Health, after_failure, after_success

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def _after(failures: int, step: timedelta = timedelta(seconds=1)) -> Health:
    health = Health()
    for n in range(failures):
        health = after_failure(health, NOW + n * step)
    return health


def test_a_few_failures_stop_nothing_and_one_more_opens_it() -> None:
    """Other messages go on until the fifth failure in a row."""
    assert not _after(OPENS_AFTER - 1).is_open
    opened = _after(OPENS_AFTER)
    assert opened.retry_at == NOW + timedelta(seconds=OPENS_AFTER - 1 + PAUSES[0])


def test_pauses_grow_to_an_hour_and_a_success_forgets_all() -> None:
    """However long it fails, it is tried every hour."""
    health = _after(OPENS_AFTER + 20)
    assert health.retry_at == NOW + timedelta(seconds=OPENS_AFTER + 19 + 3600)
    assert after_success() == Health()


def test_five_days_of_nothing_but_failures_switch_it_off() -> None:
    """One failure less than five days after the first does not."""
    almost = after_failure(after_failure(Health(), NOW), NOW + GIVES_UP - timedelta(seconds=1))
    assert almost.disabled_at is None
    off = after_failure(almost, NOW + GIVES_UP)
    assert (off.disabled_at, off.retry_at) == (NOW + GIVES_UP, None)


def test_an_endpoint_that_says_it_is_gone_is_off_at_once() -> None:
    """410."""
    assert after_failure(Health(), NOW, gone=True).disabled_why == "it answered 410: do not call again"


def test_an_endpoint_is_left_alone_for_as_long_as_it_asks() -> None:
    """Retry-After holds for every message, from the first failure on."""
    assert after_failure(Health(), NOW, after_seconds=90).retry_at == NOW + timedelta(seconds=90)


@given(st.lists(st.tuples(st.integers(0, 90_000), st.booleans()), max_size=60))
def test_it_is_never_off_unless_every_answer_of_five_days_was_bad(answers: list[tuple[int, bool]]) -> None:
    """Any sequence of answers: off only without a success since five days; never left alone over an hour."""
    health, now, good = Health(), NOW, None
    first_bad: datetime | None = None
    for seconds, is_good in answers:
        now += timedelta(seconds=seconds)
        if is_good:
            health, good, first_bad = after_success(), now, None
            continue
        first_bad = first_bad or now
        health = after_failure(health, now)
        if health.disabled_at is not None:
            assert now - first_bad >= GIVES_UP and (good is None or good < first_bad)
            return
        assert health.retry_at is None or health.retry_at - now <= timedelta(hours=1)
