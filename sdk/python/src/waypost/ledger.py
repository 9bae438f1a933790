"""The books of one process: what was sent, what was lost and why. Every accepted event ends in one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from waypost.config import DropHook

QUEUE_FULL = "queue_full"  # pushed out by newer events
INVALID = "invalid"  # bad arguments, or properties that cannot become JSON
TOO_LARGE = "too_large"  # one event over the server's limit
REFUSED = "refused"  # the server answered 4xx to the whole batch: wrong key, wrong host
REJECTED = "rejected"  # the server took the batch and refused this event
UNSENT = "unsent"  # still waiting when close() or the exit ran out of time
INTERNAL = "internal"  # a fault of this SDK
CLOSED = "closed"  # called after close(); never accepted

LOG_EVERY_SECONDS = 10.0

log = logging.getLogger("waypost")


class Stats(NamedTuple):
    """A snapshot: `accepted == sent + queued + sum(dropped) - dropped.get("closed", 0)`.

    `queued` includes the batch on its way; `retried` counts requests, the others events.
    """

    accepted: int
    sent: int
    dropped: Mapping[str, int]
    retried: int
    queued: int


class Ledger:
    """Counts and announces. Callers of the SDK never touch its lock; the sender and readers do."""

    def __init__(self, on_drop: DropHook | None, *, now: Callable[[], float] = time.monotonic) -> None:
        self.changed = threading.Condition()
        self.sent = 0
        self.retried = 0
        self.dropped: dict[str, int] = {}
        self._reported: dict[str, int] = {}
        self._logged: dict[str, tuple[float, int]] = {}
        self._on_drop = on_drop
        self._now = now

    def settle(self, sent: int) -> None:
        """Book events the server has taken, and wake whoever waits for that."""
        with self.changed:
            self.sent += sent
            self.changed.notify_all()

    def drop(self, reason: str, count: int, detail: str = "") -> None:
        """Book a loss, log it (a line per reason and 10 s) and tell the app's hook. Sender's thread only."""
        if count <= 0:
            return
        with self.changed:
            self.dropped[reason] = self.dropped.get(reason, 0) + count
            total = self.dropped[reason]
            self.changed.notify_all()
        self._log(reason, total, detail)
        if self._on_drop is not None:
            try:
                self._on_drop(reason, count)
            except Exception:  # boundary: the hook is the app's code on our thread
                log.exception("on_drop_hook_failed reason=%s", reason)

    def unreported(self) -> dict[str, int]:
        """Losses the server has not been told about."""
        return {
            reason: total - self._reported.get(reason, 0)
            for reason, total in self.dropped.items()
            if total > self._reported.get(reason, 0)
        }

    def reported(self, losses: Mapping[str, int]) -> None:
        """Remember that the server has been told of these losses."""
        for reason, count in losses.items():
            self._reported[reason] = self._reported.get(reason, 0) + count

    def _log(self, reason: str, total: int, detail: str) -> None:
        now = self._now()
        last, logged = self._logged.get(reason, (now - LOG_EVERY_SECONDS, 0))
        if now - last >= LOG_EVERY_SECONDS:
            self._logged[reason] = (now, total)
            log.warning("events_dropped reason=%s count=%d %s", reason, total - logged, detail)
