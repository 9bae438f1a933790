"""Drain again for what becomes due within moments, such as the next message to a chat room.

A sweep comes every fifteen seconds, which would make a message a second a message in fifteen.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from waypost_server.services.runtime import Runtime
from waypost_server.store import due
from waypost_server.workers.drainer import Drainer

log = logging.getLogger("waypost.worker")
MOMENTS = timedelta(seconds=5)
AWAKE_SECONDS = 15.0  # at least so often it looks whether the worker stops


class Soon:
    """A thread that looks once after each drain, so that an idle worker asks nothing."""

    def __init__(self, runtime: Runtime, drainer: Drainer) -> None:
        self._runtime = runtime
        self._drainer = drainer
        self._thread = threading.Thread(target=self._run, name="waypost-soon", daemon=True)

    def start(self) -> None:
        """Wait for the first drain."""
        self._thread.start()

    def _run(self) -> None:
        while not self._drainer.stopping.is_set():
            if self._drainer.drained.wait(AWAKE_SECONDS):
                self._drainer.drained.clear()
                self.once()

    def once(self) -> None:
        """Wait for what is due next, if that is soon, and do it. Failures are left to the sweep."""
        try:
            seconds = self._seconds()
            if seconds is not None and not self._drainer.stopping.wait(seconds):
                self._drainer.drain()
        except SQLAlchemyError as error:
            log.warning("worker.database", extra={"error": type(error).__name__})
        except Exception:  # boundary: the sweep finds what this thread misses, but only while it lives
            log.exception("soon.failed")

    def _seconds(self) -> float | None:
        now = self._runtime.clock()
        with self._runtime.db.read() as session:
            at = due.next_delivery(session, after=now, until=now + MOMENTS)
        return None if at is None else (at - now).total_seconds()
