"""SQLite's write lock goes to who waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from waypost_server.store import database
from waypost_server.store.database import Database, open_engine

Pair = tuple[Engine, Engine]


@pytest.fixture
def engines(sqlite_url: str) -> Iterator[Pair]:
    """Two engines on one file, as two processes have them."""
    pair = open_engine(sqlite_url), open_engine(sqlite_url)
    yield pair
    for engine in pair:
        engine.dispose()


def test_a_writer_asks_again_and_again_until_the_lock_is_free(engines: Pair) -> None:
    """SQLite's own waiting asks once in 100 ms before long."""
    first, second = engines
    asked_often, had_it = threading.Event(), threading.Event()
    asked: list[str] = []

    @event.listens_for(second, "connect")
    def _listen(connection, _record) -> None:  # type: ignore[no-untyped-def]
        def count(statement: str) -> None:
            asked.append(statement)
            if asked.count("BEGIN IMMEDIATE") > 50:
                asked_often.set()

        connection.set_trace_callback(count)

    def wait_for_it() -> None:
        with Database(second).write() as session:
            session.connection()
            had_it.set()

    waiting = threading.Thread(target=wait_for_it)
    with Database(first).write() as session:
        session.connection()
        waiting.start()
        assert asked_often.wait(database.PATIENCE)
        assert not had_it.is_set()
    waiting.join()
    assert had_it.is_set()


def test_who_waits_too_long_is_told_that_the_database_is_locked(
    engines: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.02)
    first, second = engines
    with Database(first).write() as holder:
        holder.connection()
        with pytest.raises(OperationalError, match="locked"), Database(second).write() as session:
            session.connection()
    with Database(second).write() as session:
        session.connection()
