"""The bounded queue keeps exact books without a lock."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from waypost.buffer import Buffer, Tally


def put(buffer: Buffer, count: int) -> None:
    for _ in range(count):
        buffer.add(("track", "u", "e", None, None, 0.0, None, None, None, buffer.accepted.add()))


@given(limit=st.integers(1, 20), steps=st.lists(st.tuples(st.booleans(), st.integers(0, 30))))
def test_offered_equals_taken_kept_and_dropped(limit: int, steps: list[tuple[bool, int]]) -> None:
    """Whatever the order of adding and taking, every record is taken, kept or counted as lost, oldest first."""
    buffer, taken = Buffer(limit, lambda: None), []
    for is_add, count in steps:
        if is_add:
            put(buffer, count)
        else:
            taken += [record[-1] for record in buffer.take(count)]
        assert len(buffer) <= limit
    assert buffer.accepted.value() == len(taken) + len(buffer) + buffer.overflowed
    assert taken == sorted(taken)


def test_the_newest_survive_an_overflow() -> None:
    """A full buffer loses its oldest record."""
    buffer = Buffer(3, lambda: None)
    put(buffer, 5)
    assert [record[-1] for record in buffer.take(9)] == [2, 3, 4]
    assert buffer.overflowed == 2


def test_a_sleeping_sender_is_woken_once() -> None:
    """Only the first record after a rest rings."""
    rings: list[int] = []
    buffer = Buffer(9, lambda: rings.append(1))
    put(buffer, 4)
    assert len(rings) == 1


def test_threads_lose_no_count() -> None:
    """Eight threads adding beyond the limit, one taking and one reading: the books balance exactly."""
    buffer, taken = Buffer(50, lambda: None), 0
    threads = [threading.Thread(target=put, args=(buffer, 5_000)) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += len(buffer.take(7))
        assert buffer.accepted.value() <= 40_000
    assert buffer.accepted.value() == 40_000
    assert taken + len(buffer) + buffer.overflowed == 40_000


def test_reading_a_tally_does_not_change_it() -> None:
    """Reads are not counted."""
    tally = Tally()
    tally.add()
    assert [tally.value(), tally.value()] == [1, 1]
    tally.add()
    assert tally.value() == 2
