"""The database goes away in the middle of a piece of work, again and again: nothing is parked for it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.services.advance_play import advance_due
from waypost_server.services.deliver import deliver_due
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.fsck import check as fsck
from waypost_server.services.recover import recover
from waypost_server.store import database as store
from waypost_server.store.database import Database
from waypost_server.store.due import MAX_CLAIMS
from waypost_server.store.tables import Account, Delivery, PlayRun

GONE = """
select pg_terminate_backend(pid, 10000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""


class Outage:
    """SQLite: somebody else has the lock for longer than anybody waits. PostgreSQL: every session is ended."""

    def __init__(self, database: Database) -> None:
        self.url = database.engine.url
        self.lock = contextlib.ExitStack()

    def begin(self) -> None:
        """From here on the next statement fails."""
        if self.url.database and self.url.drivername.startswith("sqlite"):
            other = self.lock.enter_context(contextlib.closing(sqlite3.connect(self.url.database)))
            other.execute("begin immediate")
            return
        other_engine = create_engine(self.url)
        with other_engine.connect() as connection:
            connection.execute(text(GONE))
        other_engine.dispose()

    def end(self) -> None:
        """It answers again."""
        self.lock.close()


@pytest.mark.parametrize(
    ("work", "point", "table"),
    [
        (evaluate_due, "evaluate.claimed", Account),
        (advance_due, "advance.claimed", PlayRun),
        (deliver_due, "deliver.claimed", Delivery),
    ],
)
def test_outages_park_nothing(
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[..., int],
    point: str,
    table: Any,
) -> None:
    """An account, a run and a message survive more of them than a culprit has tries, and then go on."""
    monkeypatch.setattr(store, "PATIENCE", 0.01)
    monkeypatch.setattr(
        store, "IDLE_SECONDS", 600.0
    )  # no look at a session before it is used: the work must fail
    rig, outage = PlayRig(database, tmp_path / "mailbox"), Outage(database)
    rig.publish()
    rig.add_account()
    rig.decay()
    for before in (evaluate_due, advance_due, deliver_due):
        if before is work:
            break
        before(rig.runtime, WORKSPACE)

    def fault(at: str) -> None:
        if at == point:
            outage.begin()

    for _ in range(MAX_CLAIMS + 2):
        object.__setattr__(rig.runtime, "fault", fault)
        with contextlib.suppress(OperationalError):
            assert work(rig.runtime, WORKSPACE) == 1
        outage.end()
        object.__setattr__(rig.runtime, "fault", lambda _point: None)
        rig.drain()
        assert rig.mails() == [], "the outage came before the work was done"
        assert [row.claims for row in rig.rows(table)] == [1]
        rig.clock.move(minutes=3)
        recover(rig.runtime)
    rig.drain()
    assert len(rig.mails()) == 1 and fsck(rig.runtime) == []
