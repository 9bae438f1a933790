"""One drain at a time in a process, whoever asks for it: the queue's job, or the sweep."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from waypost_server.services.drain import drain
from waypost_server.services.runtime import Runtime

log = logging.getLogger("waypost.worker")


class Drainer:
    """Runs drains one after the other; a request during one makes it look once more."""

    def __init__(self, runtime: Runtime, stopping: threading.Event) -> None:
        self.runtime = runtime
        self.stopping = stopping
        self.drained = threading.Event()  # set after each drain, for whoever looks what comes next
        self._busy = threading.Lock()
        self._again = threading.Event()

    @property
    def is_busy(self) -> bool:
        """Whether a drain is running."""
        return self._busy.locked()

    def drain(self, before: Callable[[], None] = lambda: None) -> int:
        """Work until nothing is due; 0 when another thread is at it. `before` runs first, once."""
        before()
        self._again.set()
        total = 0
        while self._again.is_set() and not self.stopping.is_set():
            if not self._busy.acquire(blocking=False):
                return total
            try:
                self._again.clear()
                total += drain(self.runtime, stop=self.stopping.is_set)
            except SQLAlchemyError as error:
                # The database is away: everything is still due, and the sweep looks again in seconds.
                log.warning("worker.database", extra={"error": type(error).__name__})
                return total
            finally:
                self._busy.release()
                self.drained.set()
        return total
