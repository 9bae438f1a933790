"""RQ as a doorbell: one queue, one job without payload, "look at the database". Losing it costs seconds.

Rings are coalesced twice: in the process (a thread does the ringing, so a request only sets a flag), and
across processes (a key in Redis says that a drain is already on its way; the drain deletes it as it starts).
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any

import redis

if TYPE_CHECKING:
    from rq import Queue

log = logging.getLogger("waypost.doorbell")
QUEUE = "waypost"
RUNG = "waypost:rung"
RUNG_SECONDS = 10
JOB = "waypost_server.workers.jobs.drain"
PAUSE_SECONDS = (0.2, 1.0, 5.0, 15.0)  # after the first, second … failure in a row
FAILED_KEPT_SECONDS = 3600


def connect(url: str, *, blocking: bool = False) -> redis.Redis:
    """A client with short time limits; `blocking` for a worker that waits on the queue."""
    limits: dict[str, Any] = {} if blocking else {"socket_timeout": 0.5}
    return redis.Redis.from_url(url, socket_connect_timeout=0.5, health_check_interval=0, **limits)


def job_queue(client: redis.Redis) -> Queue:
    """The queue. JSON, because a pickle in Redis would be code."""
    from rq import Queue
    from rq.serializers import JSONSerializer

    return Queue(QUEUE, connection=client, serializer=JSONSerializer)


class RedisDoorbell:
    """`ring()` costs a microsecond and never fails, whatever Redis does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._wanted = threading.Event()
        self._pid = 0
        self._starting = threading.Lock()

    def ring(self) -> None:
        """Wake a worker soon."""
        self._wanted.set()
        if self._pid != os.getpid():
            self._start()

    def ring_now(self, *, force: bool = False) -> bool:
        """Ring in the calling thread; False when Redis is away. `force` rings even if one is on its way."""
        client = connect(self._url)
        try:
            return self._ring(client, force=force)
        except redis.RedisError as error:
            log.warning("doorbell.failed", extra={"error": type(error).__name__})
            return False
        finally:
            client.close()

    def _start(self) -> None:
        with self._starting:
            if self._pid != os.getpid():  # also after a fork: threads do not survive it
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="waypost-doorbell", daemon=True).start()

    def _run(self) -> None:
        client, failures = connect(self._url), 0
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._ring(client, force=False)
                failures = 0
                continue
            except redis.RedisError as error:
                if not failures:
                    log.warning("doorbell.failed", extra={"error": type(error).__name__})
            except Exception:  # boundary: nobody starts this thread again, and without it nothing rings
                log.exception("doorbell.failed")
            pause = PAUSE_SECONDS[min(failures, len(PAUSE_SECONDS) - 1)]
            failures += 1
            threading.Event().wait(pause)
            self._wanted.set()  # the ring that failed is still owed

    def _ring(self, client: redis.Redis, *, force: bool) -> bool:
        if not client.set(RUNG, "1", nx=True, ex=RUNG_SECONDS) and not force:
            return True
        try:
            job_queue(client).enqueue(JOB, job_timeout=-1, result_ttl=0, failure_ttl=FAILED_KEPT_SECONDS)
        except redis.RedisError:
            client.delete(RUNG)
            raise
        return True
