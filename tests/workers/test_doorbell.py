"""The doorbell on a real Valkey: cheap, coalesced, harmless when Redis is away or flushed."""

from __future__ import annotations

import time

import pytest
import redis

from tests.faults.fleet import free_port
from tests.waiting import until
from waypost_server.workers.queue import JOB, QUEUE, RUNG, RedisDoorbell, job_queue


def test_a_thousand_rings_are_one_job(redis_url: str) -> None:
    """Ingest at full rate does not fill the queue: one drain is on its way until it starts."""
    client = redis.Redis.from_url(redis_url)
    doorbell = RedisDoorbell(redis_url)
    for _ in range(1000):
        doorbell.ring()
    until("a job", lambda: len(job_queue(client)) == 1)
    doorbell.ring()
    time.sleep(0.05)  # long enough for a second job to show, if there were one
    assert len(job_queue(client)) == 1
    client.delete(RUNG)  # what a drain does as it starts
    doorbell.ring()
    until("a second job", lambda: len(job_queue(client)) == 2)


def test_the_job_carries_nothing_and_is_json(redis_url: str) -> None:
    """No payload, no pickle: what is in Redis can neither leak nor run."""
    RedisDoorbell(redis_url).ring_now()
    client = redis.Redis.from_url(redis_url)
    (job,) = job_queue(client).jobs
    assert (job.func_name, job.args, job.kwargs) == (JOB, [], {})
    assert job.origin == QUEUE


def test_ringing_costs_nothing_when_redis_is_away() -> None:
    """A request never waits for the doorbell."""
    doorbell = RedisDoorbell(f"redis://127.0.0.1:{free_port()}/0")
    started = time.perf_counter()
    for _ in range(10_000):
        doorbell.ring()
    assert time.perf_counter() - started < 0.5
    assert doorbell.ring_now() is False


@pytest.mark.parametrize("failure", [redis.ConnectionError("away"), ValueError("no answer anybody foresaw")])
def test_a_ring_that_failed_is_rung_when_redis_is_back(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """The breaker owes the ring; nobody has to ring again."""
    doorbell = RedisDoorbell(redis_url)
    failures = [failure, failure]
    ring = RedisDoorbell._ring

    def sometimes(self: RedisDoorbell, client: redis.Redis, *, force: bool) -> bool:
        if failures:
            raise failures.pop()
        return ring(self, client, force=force)

    monkeypatch.setattr(RedisDoorbell, "_ring", sometimes)
    doorbell.ring()
    client = redis.Redis.from_url(redis_url)
    until("a job", lambda: len(job_queue(client)) == 1)
