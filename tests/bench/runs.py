"""Measure runs of plays: runs that only end a second with two workers, the sweep beside waiting ones,
a bulk start, claims of accounts.

    python -m tests.bench.runs [--postgres] [--runs 20000] [--accounts 50000] [--workers 2]

`--postgres` starts a server of its own with fsync on; without it the database is SQLite.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from tests.builders import WORKSPACE, Clock, make_runtime
from tests.postgres import running_postgres
from tests.services.play_rig import USAGE_DROP, PlayRig
from waypost_server.cli.collector import spare_the_collector
from waypost_server.services.advance_play import advance_due
from waypost_server.services.bulk_start import advance_bulk, begin_bulk
from waypost_server.services.retry import retried
from waypost_server.store import due
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import upgrade
from waypost_server.store.tables import Account, BulkStart, PlayRun

BY_HAND = USAGE_DROP.replace("{signal: usage_decay, severity: {$gte: 0.6}}", "{person: true}").replace(
    "every_days: 45", "audience: {account.plan: {$in: [growth, starter]}}"
)


def _work(url: str, ready: multiprocessing.synchronize.Barrier) -> None:
    """One worker: advance until nothing is due."""
    runtime = make_runtime(Database(open_engine(url)), Clock())
    with runtime.db.read() as session:
        runtime.releases.live(session, WORKSPACE)
    spare_the_collector()  # as every worker does
    ready.wait()
    while retried(lambda: advance_due(runtime, WORKSPACE)):
        pass


def _ended(rig: PlayRig) -> int:
    with rig.database.read() as session:
        return session.scalar(select(func.count()).where(PlayRun.state == "ended")) or 0


def _runs(rig: PlayRig, url: str, count: int, workers: int) -> None:
    _accounts(rig, count)
    rows = [
        _run(rig, n, id=f"run-{n:07d}", state="running", step=5, due_at=rig.clock.now) for n in range(count)
    ]
    with rig.database.write() as session:
        session.execute(insert(PlayRun), rows)
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(workers + 1)
    crew = [context.Process(target=_work, args=(url, ready)) for _ in range(workers)]
    for each in crew:
        each.start()
    ready.wait()
    began = time.perf_counter()
    for each in crew:
        each.join()
    took = time.perf_counter() - began
    assert _ended(rig) == count
    print(f"runs that only end, {workers} workers: {count / took:,.0f}/s")


def _run(rig: PlayRig, n: int, **changes: object) -> dict[str, object]:
    run = {"workspace_id": WORKSPACE, "account_id": f"a{n:06d}", "play": "usage-drop", "release": 1, "signal_id": "",
           "motion": "long_tail", "occurrence": str(n), "started_at": rig.clock.now}  # fmt: skip
    return {**run, **changes}


def _sweep(rig: PlayRig) -> None:
    later = rig.clock.now + timedelta(days=3)
    rows = [
        _run(rig, n, id=f"wait-{n:07d}", occurrence=f"w{n}", state="waiting", step=1, due_at=later)
        for n in range(100_000)
    ]
    with rig.database.write() as session:
        session.execute(insert(PlayRun), rows)
    with rig.database.read() as session:
        due.workspaces_with_due_runs(session, rig.clock.now)
        began = time.perf_counter()
        for _ in range(20):
            due.workspaces_with_due_runs(session, rig.clock.now)
    print(f"sweep beside 100,000 waiting runs: {(time.perf_counter() - began) / 20 * 1000:.2f} ms")


def _claims(rig: PlayRig, count: int) -> None:
    """Claims of accounts beside many that nothing is due for: none, and two of them."""
    _accounts(rig, count, prefix="c", check_at=rig.clock.now + timedelta(days=3))
    claim = {"now": rig.clock.now, "limit": 50, "lease_until": rig.clock.now, "fence": "bench"}
    for name, due_ones in (("nothing", 0), ("two", 2)):
        took = []
        for _ in range(20):
            with rig.database.write() as session:
                began = time.perf_counter()
                found = due.claim_accounts(session, WORKSPACE, **claim)
                took.append(time.perf_counter() - began)
                assert len(found) == due_ones
                session.rollback()
        print(f"a claim of accounts that finds {name} beside {count:,}: {min(took) * 1000:.2f} ms")
        rig.sql("update account set check_at = :now where id in ('c000003', 'c000007')", now=rig.clock.now)


def _bulk(rig: PlayRig, count: int) -> None:
    rig.publish(plays__usage_drop=BY_HAND)
    _accounts(rig, count, prefix="b")
    begin_bulk(rig.runtime, WORKSPACE, "usage-drop", {"account.seats": {"$gte": 1}}, actor="bench")
    began = time.perf_counter()
    while advance_bulk(rig.runtime, WORKSPACE):
        pass
    took = time.perf_counter() - began
    (row,) = rig.rows(BulkStart)
    assert row.state == "done" and row.started >= count
    print(f"a play started for {row.started:,} accounts: {took:.1f} s")


def _accounts(rig: PlayRig, count: int, prefix: str = "a", **changes: object) -> None:
    traits = {"plan": "growth", "seats": 5, "mrr": 100}
    same = {"workspace_id": WORKSPACE, "motion": "long_tail", "traits": traits, **changes}
    rows = [{**same, "id": f"{prefix}{n:06d}"} for n in range(count)]
    with rig.database.write() as session:
        session.execute(insert(Account), rows)


@contextmanager
def _database(folder: str, postgres: bool) -> Iterator[str]:
    with running_postgres(durable=True) if postgres else nullcontext(f"sqlite:///{folder}/runs.db") as url:
        engine = open_engine(url)
        upgrade(engine)
        engine.dispose()
        yield url


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--accounts", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _database(folder, given.postgres) as url:
        rig = PlayRig(Database(open_engine(url)), Path(folder) / "mailbox")
        rig.publish(plays__usage_drop=USAGE_DROP)
        _runs(rig, url, given.runs, given.workers)
        _sweep(rig)
        _bulk(rig, given.accounts)
        _claims(rig, given.accounts)


if __name__ == "__main__":
    main()
