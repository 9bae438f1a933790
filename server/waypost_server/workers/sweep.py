"""Every fifteen seconds, directly on the database: take back what dead workers held, ring for what is due.

The sweep needs no Redis and no leader: every step is a conditional write that may be repeated.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import date

from sqlalchemy.exc import OperationalError

from waypost_server.services.recover import recover
from waypost_server.services.runtime import Runtime
from waypost_server.store import bulk_starts, due, partitions
from waypost_server.workers.drainer import Drainer

log = logging.getLogger("waypost.sweep")
SECONDS = 15.0
SPREAD = 0.2


class Sweep:
    """A thread; `stop` ends it. `ring` returns False when Redis is away."""

    def __init__(self, runtime: Runtime, drainer: Drainer, ring: Callable[[], bool]) -> None:
        self._runtime = runtime
        self._drainer = drainer
        self._ring = ring
        self._was_due = False
        self._partitions_on: date | None = None
        self._thread = threading.Thread(target=self._run, name="waypost-sweep", daemon=True)

    def start(self) -> None:
        """Sweep now, and then every fifteen seconds."""
        self._thread.start()

    def _run(self) -> None:
        while not self._drainer.stopping.is_set():
            self.once()
            self._drainer.stopping.wait(SECONDS * (1 - SPREAD + 2 * SPREAD * self._runtime.dice()))

    def once(self) -> None:
        """One sweep. What fails waits for the next one, and keeps nothing else from being done."""
        for part in (self._recover, self._partitions, self._work):
            try:
                part()
            except OperationalError as error:
                log.warning("sweep.database", extra={"error": type(error).__name__})
                return
            except Exception:  # boundary: a worker without its sweep would be deaf, so the thread must live
                log.exception("sweep.failed")

    def _recover(self) -> None:
        recover(self._runtime)

    def _work(self) -> None:
        """Ring for what is due; what was due at the last sweep already is done here."""
        is_due = self._is_due()
        if is_due and (self._was_due or not self._ring()):
            self._drainer.drain()
            is_due = False
        self._was_due = is_due and not self._drainer.is_busy

    def _is_due(self) -> bool:
        now = self._runtime.clock()
        with self._runtime.db.read() as session:
            return bool(
                bulk_starts.workspaces(session)
                or due.workspaces_with_due_accounts(session, now)
                or due.workspaces_with_due_runs(session, now)
                or due.workspaces_with_due_deliveries(session, now)
            )

    def _partitions(self) -> None:
        today = self._runtime.clock().date()
        if self._partitions_on != today:
            with self._runtime.db.engine.begin() as connection:
                partitions.ensure(connection, today)
            self._partitions_on = today
