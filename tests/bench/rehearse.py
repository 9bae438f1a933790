"""Measure a rehearsal: thirty days of the log against the demo's definitions, on SQLite and PostgreSQL.

    python -m tests.bench.rehearse [--events 100000] [--days 30] [--accounts 2000] [--postgres URL | --no-postgres]

`--events` is the number of events a day. The log is written by SQL, as ingest would have left it. Prints
seconds, events and visits a second, and the memory the rehearsal added at its peak.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text

from tests.builders import WORKSPACE, Clock, add_workspace, make_runtime
from tests.postgres import running_postgres
from waypost_server.definitions.loader import load
from waypost_server.domain.definitions import Definitions
from waypost_server.services.rehearse import rehearse
from waypost_server.store.database import Database, open_engine
from waypost_server.store.migrate import upgrade
from waypost_server.store.partitions import ensure
from waypost_server.store.tables import Account, ConsoleUser, EndUser, Event, Membership, UsageDay

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PEOPLE = 5  # an account
ACTIVE = 0.4  # of the people on a day
BODY = '{"type":"track","context":{"library":{"name":"waypost","version":"0.1.0"},"page":{"path":"/x"}},"p":"%s"}'
ROLES = ("admin", "ops_manager", "analyst", "viewer")
AT_ONCE = 20_000


def main() -> None:
    """Fill and rehearse on each database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--postgres", help="URL of a server that may create databases")
    parser.add_argument("--no-postgres", action="store_true")
    given = parser.parse_args()
    definitions = load(Path("nudges")).definitions
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/bench.db")
        _measure("SQLite", Database(engine), definitions, given)
        engine.dispose()
    if not given.no_postgres:
        with _server(given.postgres) as url:
            _measure_postgres(url, definitions, given)


@contextmanager
def _server(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with running_postgres(durable=True) as found:
        yield found


def _measure_postgres(url: str, definitions: Definitions, given: argparse.Namespace) -> None:
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("create database waypost_rehearse"))
    engine = open_engine(url.replace("/postgres?", "/waypost_rehearse?"))
    _measure("PostgreSQL", Database(engine), definitions, given)
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text("drop database waypost_rehearse with (force)"))
    admin.dispose()


def _measure(name: str, database: Database, definitions: Definitions, given: argparse.Namespace) -> None:
    upgrade(database.engine)
    with database.engine.begin() as connection:
        for back in range(given.days // 28 + 2):
            ensure(connection, (NOW - timedelta(days=28 * back)).date())
    add_workspace(database)
    _fill(database, definitions, given)
    runtime = make_runtime(database, Clock(NOW))
    before, started, cpu = _peak_mb(), time.perf_counter(), time.process_time()
    found = rehearse(runtime, WORKSPACE, definitions, days=given.days)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    shown, sent = sum(day.shown for day in found.days), sum(day.sent for day in found.days)
    print(
        f"{name:<11} {found.events:,} events, {found.visits:,} visits, {shown:,} shown, {sent:,} sent: "
        f"{wall:.1f} s ({cpu:.1f} s CPU), {found.events / wall:,.0f} events/s, {found.visits / wall:,.0f} visits/s, "
        f"+{_peak_mb() - before:.0f} MB"
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fill(database: Database, definitions: Definitions, given: argparse.Namespace) -> None:
    dice = random.Random(7)
    names = [name for feature in definitions.catalog.features for name in feature.events] or ["Something"]
    feature_of = definitions.catalog.feature_of_event()
    features = sorted(set(feature_of.values()))
    today = NOW.date()
    start = NOW.replace(hour=0) - timedelta(days=given.days)
    people = [(f"acc{n}", f"acc{n}-u{p}") for n in range(given.accounts) for p in range(PEOPLE)]
    first = {account: today - timedelta(days=dice.randrange(10, 300)) for account, _ in people}
    who = {"workspace_id": WORKSPACE}
    with database.write() as session:
        csm = {"id": "csm", "email": "csm@acme.example", "name": "Robin", "role": "csm"}
        session.execute(insert(ConsoleUser), [{**who, **csm, "created_at": NOW}])
        _put(session, Account, [
            {**who, "id": account, "name": account, "first_day": day, "last_day": today, "touched": 1,
             "traits": {"plan": "growth", "mrr": dice.choice([100, 500, 900, 9000])}, "traits_at": {}}
            for account, day in first.items()
        ])  # fmt: skip
        _put(session, EndUser, [
            {**who, "id": user, "email": f"{user}@example.com", "traits": {}, "traits_at": {}, "trust": "server",
             "first_day": first[account], "last_day": today}
            for account, user in people
        ])  # fmt: skip
        _put(session, Membership, [
            {**who, "account_id": account, "user_id": user, "role": dice.choice(ROLES),
             "first_day": first[account], "last_day": today}
            for account, user in people
        ])  # fmt: skip
        past = start.date()
        _put(session, UsageDay, [
            {**who, "account_id": account, "user_id": user, "feature": dice.choice(features),
             "day": past - timedelta(days=back), "count": 3}
            for account, user in people
            for back in range(1, min(60, (past - first[account]).days), 3)
        ])  # fmt: skip
    number = 0
    for day in range(given.days):
        active = [each for each in people if dice.random() < ACTIVE]
        rows: list[dict[str, Any]] = []
        for _ in range(given.events):
            account, user = active[int(dice.random() * len(active))]
            at = start + timedelta(days=day, seconds=28_800 + int(dice.random() * 36_000))
            name = names[int(dice.random() ** 2 * len(names))]
            number += 1
            rows.append({
                **who, "account_id": account, "user_id": user, "message_id": f"m{number}", "type": "track",
                "name": name, "feature": feature_of.get(name), "ts": at, "received_at": at, "trust": "server",
                "body": BODY % ("x" * 200),
            })  # fmt: skip
        with database.write() as session:
            _put(session, Event, rows)


def _put(session: Any, table: Any, rows: list[dict[str, Any]]) -> None:
    for begin in range(0, len(rows), AT_ONCE):
        session.execute(insert(table.__table__), rows[begin : begin + AT_ONCE])


if __name__ == "__main__":
    main()
