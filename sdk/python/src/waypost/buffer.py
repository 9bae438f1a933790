"""The bounded queue between callers and the sender. Callers take no lock.

Every step a caller takes here is one atomic operation of the interpreter (`next` on a count, `append` and
`popleft` on a deque, `put` on a SimpleQueue), so it also works from a signal handler or a destructor that
interrupts another call half-way, where a lock would wait for itself.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable

from waypost.wire import Record


class Tally:
    """A count that many threads add to without a lock, read exactly.

    Reading a count means taking a number from it, so the reads are counted too and subtracted.
    """

    __slots__ = ("_lock", "_reads", "add")

    def __init__(self) -> None:
        self.add: Callable[[], int] = itertools.count().__next__
        self._reads = 0
        self._lock = threading.Lock()

    def value(self) -> int:
        """How often `add` was called by others."""
        with self._lock:
            value = self.add() - self._reads
            self._reads += 1
            return value


class Buffer:
    """At most `limit` records; a new one pushes out the oldest, and the loss is counted."""

    __slots__ = ("_limit", "_overflow", "_records", "_wake", "accepted", "idle")

    def __init__(self, limit: int, wake: Callable[[], None]) -> None:
        self.accepted = Tally()  # its numbers are also the message ids
        self.idle = True  # the sender waits to be woken
        self._records: deque[Record] = deque()
        self._overflow = Tally()
        self._limit = limit
        self._wake = wake

    def add(self, record: Record) -> None:
        """Take a record. Its number must come from `accepted.add()`, or the books do not balance."""
        records = self._records
        records.append(record)
        if len(records) > self._limit:
            self._drop_oldest()
        if self.idle:
            self.idle = False
            self._wake()

    def take(self, most: int) -> list[Record]:
        """Remove and return up to `most` records, oldest first."""
        taken: list[Record] = []
        pop = self._records.popleft
        try:
            for _ in range(most):
                taken.append(pop())
        except IndexError:  # emptied; asking for the length first would race with an overflow
            pass
        return taken

    @property
    def overflowed(self) -> int:
        """How many records were pushed out by newer ones."""
        return self._overflow.value()

    def __len__(self) -> int:
        return len(self._records)

    def _drop_oldest(self) -> None:
        try:
            self._records.popleft()
        except IndexError:  # the sender took everything meanwhile: nothing was lost
            return
        self._overflow.add()
