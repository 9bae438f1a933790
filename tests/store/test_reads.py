"""What a worker asks of SQLite is answered from an index: SQLite keeps no statistics, and left to guess it walks
every row of a workspace (a claim beside 100,000 waiting runs took 148 ms that way, and takes 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.services.play_rig import PlayRig
from waypost_server.services.recover import recover
from waypost_server.store import bulk
from waypost_server.store.database import Database, open_engine
from waypost_server.store.tables import Delivery, PlayRun, Task

GROWING = r"(account|play_run|delivery|step_run|signal|touch|task)"
# partial indexes: what has been done is not in them
OPEN_ONLY = r"USING INDEX ix_(account_due|delivery_open|delivery_approval)"
WALK = re.compile(rf"SCAN {GROWING}\b(?! {OPEN_ONLY})|SEARCH {GROWING} (?!{OPEN_ONLY}).*\(workspace_id=\?\)")
ON_PURPOSE = re.compile(
    "group by|account.last_day >=", re.IGNORECASE
)  # peers and loads count a whole workspace


@pytest.fixture
def rig(sqlite_url: str, tmp_path: Path) -> Iterator[PlayRig]:
    """Plays on SQLite."""
    engine = open_engine(sqlite_url)
    yield PlayRig(Database(engine), tmp_path / "mailbox")
    engine.dispose()


def test_no_statement_of_a_worker_walks_a_workspace(rig: PlayRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the evaluation of two accounts to the mail that was sent, a wait, and what dead workers held."""
    rig.publish()
    rig.add_csm()
    rig.add_account("acme")
    rig.add_account("grand", mrr=9000)
    for account in ("acme", "grand"):
        rig.decay(account)
    with _asked(rig, monkeypatch) as asked:
        rig.drain()
        rig.clock.now += timedelta(days=4)
        rig.drain()
        recover(rig.runtime)
    assert rig.mails()
    assert {run.state for run in rig.rows(PlayRun)} == {"waiting", "ended"}
    assert rig.rows(Delivery) and rig.rows(Task)
    chosen = [each for each in asked if not ON_PURPOSE.search(each[0])]
    walks = [
        f"{step}: {text}" for text, values in chosen for step in _plan(rig, text, values) if WALK.match(step)
    ]
    assert not walks, "\n\n".join(walks)


@contextmanager
def _asked(rig: PlayRig, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its parameters, also those that go straight to the driver."""
    asked: dict[str, Any] = {}
    found: list[tuple[str, Any]] = []
    straight = bulk.fetched

    def fetched(connection: Any, sql: str, values: Any) -> Any:
        asked.setdefault(sql, values)
        return straight(connection, sql, values)

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        asked.setdefault(sql, values[0] if many else values)

    monkeypatch.setattr(bulk, "fetched", fetched)
    event.listen(rig.database.engine, "before_cursor_execute", note)
    yield found
    event.remove(rig.database.engine, "before_cursor_execute", note)
    found += [each for each in asked.items() if not each[0].startswith(("BEGIN", "pragma"))]


def _plan(rig: PlayRig, statement: str, values: Any) -> list[str]:
    with rig.database.read() as session:
        driver: Any = session.connection().connection.driver_connection
        return [row[3] for row in driver.execute(f"explain query plan {statement}", values)]
