"""The worker process: listens to the doorbell, sweeps, drains, and stops when told.

RQ's SimpleWorker runs the job in this process. When Redis goes away the sweep does the work in place, and
the worker listens again as soon as it is back. SIGTERM: no new claims, the message that is past its commit
point is finished, and the process ends within 25 seconds whatever happens.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import threading
import time
from datetime import datetime
from typing import Any

import redis
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from sqlalchemy.exc import SQLAlchemyError

from waypost_server.services import known_secret
from waypost_server.services.runtime import Runtime
from waypost_server.store import db_clock
from waypost_server.workers import jobs
from waypost_server.workers.drainer import Drainer
from waypost_server.workers.queue import RUNG, RedisDoorbell, connect, job_queue
from waypost_server.workers.soon import Soon
from waypost_server.workers.sweep import Sweep

log = logging.getLogger("waypost.worker")
GRACE_SECONDS = 25.0
LISTEN_AGAIN_SECONDS = 1.0


class DoorbellWorker(SimpleWorker):
    """An RQ worker that stops between two pieces of work, not only between two jobs."""

    death_penalty_class = TimerDeathPenalty  # no alarm signal in the middle of a send
    max_connection_wait_time = 2.0
    stopping: threading.Event

    def request_stop(self, signum: int, frame: Any) -> None:
        """SIGTERM or SIGINT, also a second time."""
        self.stopping.set()
        self._stop_requested = True
        if not self._in_job:
            raise StopRequested

    request_force_stop = request_stop

    def _install_signal_handlers(self) -> None:
        """A signal that came while this was being set up went to the handler before."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]  # RQ says no type
        if self.stopping.is_set():
            raise StopRequested

    _in_job = False

    def execute_job(self, job: Any, queue: Any) -> None:
        """Run the job here; a signal meanwhile only sets the flag."""
        self._in_job = True
        try:
            super().execute_job(job, queue)
        finally:
            self._in_job = False


def run_worker(runtime: Runtime, redis_url: str | None) -> None:
    """Work until SIGTERM or SIGINT. Without Redis the sweep alone finds the work."""
    stopping = threading.Event()
    runtime = _on_database_time(runtime)
    known_secret.look(runtime)
    drainer = Drainer(runtime, stopping)
    _stop_on_signals(stopping)
    doorbell = RedisDoorbell(redis_url) if redis_url else None
    Soon(runtime, drainer).start()
    Sweep(runtime, drainer, lambda: doorbell is not None and doorbell.ring_now(force=True)).start()
    log.info("worker.started", extra={"redis": redis_url is not None})
    while not stopping.is_set():
        if redis_url:
            _listen(redis_url, drainer)
            _stop_on_signals(stopping)
        stopping.wait(LISTEN_AGAIN_SECONDS)
    _wait_for_drain(drainer)
    if runtime.mailer is not None:
        runtime.mailer.close()
    log.info("worker.stopped")


def _on_database_time(runtime: Runtime) -> Runtime:
    """Leases compare times written by different machines, so all use the database's clock."""
    try:
        with runtime.db.read() as session:
            ahead = db_clock.ahead(session, runtime.clock())
    except SQLAlchemyError:
        return runtime  # away for now; the sweep will say so
    if abs(ahead.total_seconds()) < 0.5:
        return runtime
    log.warning("worker.clock", extra={"seconds": ahead.total_seconds()})
    clock = runtime.clock

    def corrected() -> datetime:
        return clock() + ahead

    return dataclasses.replace(runtime, clock=corrected)


def _listen(redis_url: str, drainer: Drainer) -> None:
    """Serve the queue until told to stop or until Redis is gone."""
    client = connect(redis_url, blocking=True)
    jobs.install(lambda: drainer.drain(before=lambda: _rung(client)))
    try:
        worker = DoorbellWorker([job_queue(client)], connection=client, serializer=JSONSerializer)
        worker.stopping = drainer.stopping
        worker.log_job_description = False
        worker.work(logging_level="WARNING")
    except (redis.RedisError, OSError, StopRequested) as error:
        log.warning("worker.redis", extra={"error": type(error).__name__})
    finally:
        client.close()


def _rung(client: redis.Redis) -> None:
    """From now on a new event needs a new ring."""
    try:
        client.delete(RUNG)
    except redis.RedisError:
        log.warning("worker.redis", extra={"error": "the ring could not be taken back"})


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(_signum: int, _frame: Any) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _wait_for_drain(drainer: Drainer) -> None:
    """Let a drain in the sweep's thread finish its piece of work; past the grace period the process ends."""
    timer = threading.Timer(GRACE_SECONDS, os._exit, [0])
    timer.daemon = True
    timer.start()
    while drainer.is_busy:
        time.sleep(0.02)
    timer.cancel()
