"""What is held back when there is more work than room, and what is urgent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.policy import UrgentRule
from waypost_server.domain.workload import Work, held_back, rank, urgent_because

WORKS = st.lists(
    st.builds(Work, st.uuids().map(str), st.floats(0, 1e6), st.booleans()),
    max_size=30,
    unique_by=lambda w: w.id,
)


@given(WORKS, st.integers(0, 12))
def test_only_the_least_urgent_wait_and_only_as_many_as_must(works: list[Work], room: int) -> None:
    """Fixed work never waits; nobody who waits outranks one who does not; no room is left unused."""
    held = held_back(works, room)
    free = [each for each in works if each.id not in held]
    assert all(not each.is_fixed for each in works if each.id in held)
    loose = [each for each in free if not each.is_fixed]
    assert not held or len(free) == max(room, len(free) - len(loose))
    for waiting in (each for each in works if each.id in held):
        assert all(each.rank >= waiting.rank for each in loose)
    assert held_back(reversed(works), room) == held
    assert held_back(works, None) == frozenset()


RULES = (UrgentRule(severity=0.9), UrgentRule(value=100_000, renewal_days=60))


@pytest.mark.parametrize(
    ("severity", "value", "days", "words"),
    [
        (0.95, 0, None, "severity 0.95"),
        (0.5, 120_000, 45, "renews in 45 d, worth 120,000 a year"),
        (0.5, 120_000, 0, "renews today, worth 120,000 a year"),
        (0.5, 120_000, -1, ""),
        (0.5, 120_000, None, ""),
        (0.5, 90_000, 45, ""),
        (0.5, 120_000, 61, ""),
    ],
)
def test_an_urgent_task_says_why(severity: float, value: float, days: int | None, words: str) -> None:
    """A rule holds when each of its lines holds; any rule is enough."""
    assert urgent_because(RULES, severity=severity, value=value, renewal_in_days=days) == words


def test_an_unknown_value_does_not_hide_severity() -> None:
    """Severity orders what has no value."""
    assert rank(0.9, 0) > rank(0.5, 0)
