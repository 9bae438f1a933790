"""Measure counting an audience on both databases: 100,000 people in 5,000 accounts, exactly and at once.

PostgreSQL is asked right after it was filled, and again with statistics, as a database has them within a minute or two.

python -m tests.bench.audience [--people 100000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from tests.builders import WORKSPACE, add_workspace, make_runtime
from tests.postgres import running_postgres
from tests.services.decide_rig import FixedReleases, make_definitions
from waypost_server.services.audience import AT_ONCE, estimate
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import upgrade
from waypost_server.store.tables import Account, EndUser, Membership, UsageTotal

CONDITIONS: dict[str, dict[str, Any]] = {
    "role": {"user.role": {"$in": ["admin", "viewer"]}},
    "four leaves": {
        "user.role": {"$in": ["admin", "viewer"]},
        "account.plan": "growth",
        "usage.editor.total": {"$gte": 3},
        "user.days_since_first_seen": {"$gte": 7},
    },
    "usage of everybody": {"usage.editor.total": {"$gte": 3}},
    "trait, last use": {"user.team": "ops", "usage.editor.days_since_last": {"$lt": 5}},
    "usage of the account": {"account_usage.editor.total": {"$gte": 30}},
    "another nudge": {"nudge.hello.shown": {"$lt": 2}},
}
TEAM = 20


def fill(database: Database, people: int) -> None:
    """People in teams of twenty, half of whom use the editor."""
    runtime = make_runtime(database)
    now, key = runtime.clock(), {"workspace_id": WORKSPACE}
    first = (now - timedelta(days=30)).date()
    add_workspace(database)
    with database.write() as session:
        for start in range(0, people, 10_000):
            ids = range(start, min(start + 10_000, people))
            where = [{**key, "account_id": f"a{n // TEAM}", "user_id": f"u{n}"} for n in ids]
            session.execute(insert(Membership), [
                {**each, "role": ("admin", "viewer", "analyst", "ops")[n % 4]}
                for n, each in zip(ids, where, strict=True)
            ])  # fmt: skip
            session.execute(insert(EndUser), [
                {**key, "id": f"u{n}", "traits": {"team": "ops"}, "traits_at": {}, "first_day": first, "trust": "a"}
                for n in ids
            ])  # fmt: skip
            session.execute(insert(UsageTotal), [
                {**each, "feature": "editor", "first_at": now, "last_at": now, "total": n % 7}
                for n, each in zip(ids, where, strict=True) if n % 2
            ])  # fmt: skip
        session.execute(insert(Account), [
            {**key, "id": f"a{n}", "traits": {"plan": ("growth", "free")[n % 2]}, "traits_at": {}}
            for n in range(people // TEAM)
        ])  # fmt: skip


def measure(name: str, url: str, people: int) -> None:
    """Fill a database and ask it."""
    engine = open_engine(url)
    upgrade(engine)
    database = Database(engine)
    fill(database, people)
    releases = FixedReleases()
    release = releases.put(make_definitions())
    runtime = make_runtime(database, releases=releases)
    ask(name, runtime, release)
    if not database.is_sqlite:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("vacuum analyze")
        ask("statistics", runtime, release)
    engine.dispose()


def ask(name: str, runtime: Runtime, release: LiveRelease) -> None:
    """Print the time of each condition, exact and as answered."""
    for title, condition in CONDITIONS.items():
        answers, times = [], []
        for seconds in (3600.0, AT_ONCE):
            began = time.perf_counter()
            answers.append(estimate(runtime, WORKSPACE, release, condition, seconds=seconds))
            times.append(time.perf_counter() - began)
        exact, some = answers
        print(
            f"{name:<10} {title:<20} exact {times[0]:.2f} s: {exact.users:,} of {exact.of_users:,};"
            f" at once {times[1]:.2f} s: {some.low:,} to {some.high:,}",
            flush=True,
        )


def main() -> None:
    """Both databases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}", given.people)
    with running_postgres(durable=True) as url:
        measure("PostgreSQL", url, given.people)


if __name__ == "__main__":
    main()
