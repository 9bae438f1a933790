"""A worker in trouble while it sends: Redis flushed or poisoned, the database's connections cut, workers killed.

Part of `make faults`, which prints the counts; `make test` leaves them out.
"""

from __future__ import annotations

import pickle
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
import redis
from sqlalchemy import text

from tests.builders import Clock
from tests.faults.fleet import Fleet
from tests.faults.ledger import TERMINAL, count, settle
from tests.services.play_rig import POLICY, PlayRig
from tests.waiting import until
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database

pytestmark = [pytest.mark.slow, pytest.mark.fault_long, pytest.mark.timeout(300)]
ACCOUNTS = 300
FREE = POLICY.replace('{start: "20:00", end: "08:00"}', "null") + "approval: null\n"


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """Three hundred accounts, each of which gets one mail."""
    now = datetime.now(UTC)
    made = PlayRig(database, tmp_path / "unused", clock=Clock(now))
    made.publish(policy=FREE)
    add_accounts(made, 0, ACCOUNTS)
    return made


def add_accounts(rig: PlayRig, first: int, end: int) -> None:
    """Each gets one mail."""
    for number in range(first, end):
        rig.add_account(f"a{number}", first_day=rig.clock.now.date() - timedelta(days=16))


@pytest.fixture
def fleet(tmp_path: Path, database_url: str):  # type: ignore[no-untyped-def]
    """Valkey, and workers that a test starts."""
    made = Fleet(tmp_path, database_url)
    made.start("valkey")
    yield made
    made.stop()


def ended(database: Database) -> int:
    """How many messages are over."""
    states = ", ".join(f"'{each}'" for each in TERMINAL)
    with database.read() as session:
        return session.scalar(text(f"select count(*) from delivery where state in ({states})")) or 0


def run(
    fleet: Fleet,
    rig: PlayRig,
    name: str,
    trouble: Callable[[], None],
    *,
    seconds: float = 200,
    plays: int = ACCOUNTS,
) -> float:
    """Make trouble until everything is over, then count. Returns the longest time in seconds in which nothing ended."""
    before, since, longest = 0, time.monotonic(), 0.0

    def troubled() -> bool:
        nonlocal before, since, longest
        trouble()
        over, now = ended(rig.database), time.monotonic()
        longest = max(longest, now - since)
        if over > before:
            before, since = over, now
        return over == plays

    until("every message to come to an end", troubled, seconds)
    fleet.kill("worker")
    mails = [message_from_bytes(path.read_bytes()) for path in fleet.mailbox.rglob("*.eml")]
    ledger = count(rig.database, [str(mail["To"]) for mail in mails])
    settle(f"{name}, {rig.database.engine.dialect.name}", ledger, decided=plays)
    rig.clock.now = datetime.now(UTC)
    assert fsck(rig.runtime) == []
    return longest


@pytest.mark.timeout(500)
def test_redis_flushed_over_and_over(fleet: Fleet, rig: PlayRig) -> None:
    """A6: FLUSHALL several times a second during a thousand plays; none waits for more than the next sweep."""
    add_accounts(rig, ACCOUNTS, 1_000)
    client = redis.Redis(port=fleet.valkey_port)
    fleet.start("worker")

    def flush() -> None:
        client.flushall()
        time.sleep(0.3)

    assert run(fleet, rig, "A6 Redis flushed", flush, seconds=400, plays=1_000) < 30


def test_redis_absent_full_and_poisoned(fleet: Fleet, rig: PlayRig, tmp_path: Path) -> None:
    """A7: no memory, a pickle where the job should be, and then no Redis at all: the sweep does the work."""
    client = redis.Redis(port=fleet.valkey_port)
    trap = tmp_path / "unpickled"
    client.hset("rq:job:evil", mapping={"data": pickle.dumps(_Trap(str(trap))), "status": "queued"})
    client.rpush("rq:queue:waypost", "evil")
    client.config_set("maxmemory", "2mb")
    client.config_set("maxmemory-policy", "noeviction")
    fleet.start("worker")
    time.sleep(3)
    fleet.kill("valkey")
    run(fleet, rig, "A7 Redis poisoned, then gone", lambda: time.sleep(0.3))
    assert not trap.exists()


class _Trap:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path(self.path),)  # type: ignore[return-value]


def test_workers_killed_again_and_again(fleet: Fleet, rig: PlayRig) -> None:
    """A8, P12: SIGKILL every second; what a dead worker held goes on, sent once or said to be unknown."""
    dice = random.Random(3)
    kills = iter(range(8))
    fleet.start("worker")

    def kill() -> None:
        time.sleep(dice.uniform(0.5, 2.0))
        if next(kills, None) is not None:
            fleet.kill("worker")
            fleet.start("worker")

    run(fleet, rig, "A8 workers killed", kill, seconds=280)


def test_the_databases_connections_are_cut(fleet: Fleet, rig: PlayRig) -> None:
    """A9: PostgreSQL ends every session twice a second; the worker needs no restart."""
    if rig.database.is_sqlite:
        pytest.skip("SQLite has no sessions to end")
    fleet.start("worker")
    cuts = iter(range(12))

    def cut() -> None:
        if next(cuts, None) is not None:
            with rig.database.write() as session:
                session.execute(
                    text(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where datname = current_database() and pid <> pg_backend_pid()"
                    )
                )
        time.sleep(0.5)

    run(fleet, rig, "A9 sessions ended", cut, seconds=280)
