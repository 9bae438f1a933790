"""The worker as a real process with a real Valkey."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from rq.exceptions import StopRequested

from tests.builders import Clock
from tests.faults.fleet import free_port
from tests.faults.processes import kill, worker
from tests.services.play_rig import POLICY, PlayRig
from tests.waiting import until
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery
from waypost_server.workers.queue import RedisDoorbell
from waypost_server.workers.worker import DoorbellWorker

pytestmark = pytest.mark.slow

NEVER_QUIET = POLICY.replace('{start: "20:00", end: "08:00"}', "null")


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    rig = PlayRig(database, tmp_path / "mailbox", clock=Clock(datetime.now(UTC)))
    rig.publish(policy=NEVER_QUIET)
    return rig


def _late(rig: PlayRig, name: str) -> None:
    rig.add_account(name, first_day=datetime.now(UTC).date() - timedelta(days=16))


def _mailbox(rig: PlayRig) -> dict[str, str]:
    return {"mailbox": str(rig.folder)}


def test_a_ring_wakes_the_worker_at_once_and_sigterm_ends_it(
    rig: PlayRig, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Due when rung, mailed within moments: far sooner than a sweep; then a clean, quick end."""
    with worker(database_url, tmp_path / "log", redis_url=redis_url, **_mailbox(rig)) as process:
        _late(rig, "first")
        until("a mail", lambda: len(rig.mails()) == 1)
        client = redis.Redis.from_url(redis_url)
        until("the worker to listen", lambda: client.smembers("rq:workers"))
        _late(rig, "second")
        assert RedisDoorbell(redis_url).ring_now()
        until("the second mail", lambda: len(rig.mails()) == 2, 8)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_without_redis_the_sweep_does_the_work(rig: PlayRig, database_url: str, tmp_path: Path) -> None:
    """P11: Redis absent for the whole run; the mail still goes, and SIGTERM still ends the worker."""
    away = f"redis://127.0.0.1:{free_port()}/0"
    _late(rig, "acme")
    with worker(database_url, tmp_path / "log", redis_url=away, **_mailbox(rig)) as process:
        until("a mail", lambda: len(rig.mails()) == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_flushing_redis_over_and_over_loses_and_doubles_nothing(
    rig: PlayRig, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """A6 in small: FLUSHALL during 30 plays with two workers, one of them killed on the way."""
    client = redis.Redis.from_url(redis_url)
    doorbell = RedisDoorbell(redis_url)
    settings = {"redis_url": redis_url, **_mailbox(rig)}
    with (
        worker(database_url, tmp_path / "a", **settings) as first,
        worker(database_url, tmp_path / "b", **settings),
    ):
        for n in range(30):
            _late(rig, f"a{n}")
            doorbell.ring()
            if n % 5 == 0:
                client.flushall()
            if n == 12:
                kill(first)
        until("the mails to leave", lambda: sum(row.state == "sent" for row in rig.rows(Delivery)) >= 29, 45)
    states = [row.state for row in rig.rows(Delivery)]
    addresses = [mail["To"] for mail in rig.mails()]
    assert len(addresses) == len(set(addresses))
    assert set(states) <= {"sent", "sending", "unknown", "pending"}
    assert [line for line in fsck(rig.runtime) if "ended" in line] == []


def test_a_signal_that_comes_while_the_worker_is_being_set_up_is_heeded() -> None:
    stopping = threading.Event()
    stopping.set()
    worker = DoorbellWorker.__new__(DoorbellWorker)
    worker.stopping = stopping
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(StopRequested):
            worker._install_signal_handlers()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
