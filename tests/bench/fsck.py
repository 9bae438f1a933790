"""How long fsck takes over 100,000 deliveries and as many runs: python -m tests.bench.fsck"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, text

from tests.builders import WORKSPACE, add_workspace, make_runtime
from tests.conftest import on_database
from tests.postgres import running_postgres
from waypost_server.services.fsck import check
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import upgrade
from waypost_server.store.tables import Attempt, Delivery, PlayRun, Signal, StepRun, Task, TaskEvent, Touch

ROWS, AT_ONCE = 100_000, 5_000
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def fill(database: Database) -> None:
    """A run, its story, a sent mail with its try and touch, a signal; every tenth has a task."""
    for start in range(0, ROWS, AT_ONCE):
        numbers = range(start, start + AT_ONCE)
        key = {"workspace_id": WORKSPACE}
        with database.write() as session:
            session.execute(insert(PlayRun), [
                {**key, "id": f"r{n}", "account_id": f"a{n}", "play": "p", "release": 1, "motion": "long_tail",
                 "signal_id": f"s{n}", "occurrence": f"s{n}", "state": "ended", "outcome": "completed",
                 "started_at": NOW, "ended_at": NOW} for n in numbers])  # fmt: skip
            session.execute(insert(StepRun), [
                {**key, "run_id": f"r{n}", "seq": seq, "kind": kind, "outcome": "done", "note": "",
                 "detail": {}, "at": NOW}
                for n in numbers for seq, kind in enumerate(("email", "end"))])  # fmt: skip
            session.execute(insert(Delivery), [
                {**key, "id": f"d{n}", "account_id": f"a{n}", "user_id": f"u{n}", "run_id": f"r{n}", "play": "p",
                 "channel": "email", "recipient": f"u{n}@x.example", "dedupe_key": f"d{n}", "state": "sent",
                 "attempts": 1,
                 "not_before": NOW, "expires_at": NOW + timedelta(days=3), "created_at": NOW, "ended_at": NOW}
                for n in numbers])  # fmt: skip
            session.execute(
                insert(Attempt),
                [
                    {**key, "delivery_id": f"d{n}", "n": 1, "at": NOW, "outcome": "sent", "detail": ""}
                    for n in numbers
                ],
            )
            session.execute(insert(Touch), [
                {**key, "id": f"delivery:d{n}", "account_id": f"a{n}", "user_id": f"u{n}", "channel": "email",
                 "kind": "passive", "at": NOW} for n in numbers])  # fmt: skip
            session.execute(insert(Signal), [
                {**key, "id": f"s{n}", "account_id": f"a{n}", "kind": "usage_decay", "dedupe_key": f"s{n}",
                 "state": "open",
                 "severity": 0.5, "evidence": {}, "since": NOW, "opened_at": NOW, "handling": "run",
                 "handling_reason": "" if n % 2 else "P"} for n in numbers])  # fmt: skip
            session.execute(insert(Task), [
                {**key, "id": f"t{n}", "account_id": f"a{n}", "run_id": f"r{n}", "signal_id": f"s{n}",
                 "dedupe_key": f"t{n}",
                 "title": "T", "draft": "", "evidence": {}, "severity": 0.5, "state": "open", "due_at": NOW,
                 "created_at": NOW} for n in numbers if n % 10 == 0])  # fmt: skip
            session.execute(insert(TaskEvent), [
                {**key, "id": f"e{n}", "task_id": f"t{n}", "at": NOW, "actor": "p", "kind": "created", "note": ""}
                for n in numbers if n % 10 == 0])  # fmt: skip


def measure(name: str, url: str) -> None:
    """Fill a database and check it."""
    engine = open_engine(url)
    upgrade(engine)
    database = Database(engine)
    add_workspace(database)
    fill(database)
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("analyze"))
    began = time.perf_counter()
    found = check(make_runtime(database))
    print(
        f"{name}: {time.perf_counter() - began:.2f} s over {ROWS:,} deliveries and runs; {len(found)} broken"
    )
    engine.dispose()


def main() -> None:
    """Both databases."""
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{Path(folder) / 'w.db'}")
    with running_postgres(durable=False) as server:
        measure("PostgreSQL", on_database(server, "postgres"))


if __name__ == "__main__":
    main()
