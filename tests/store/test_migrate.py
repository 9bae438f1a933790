"""The schema and the promises of the connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from waypost_server.domain.errors import ConflictError
from waypost_server.store import tables
from waypost_server.store.database import Base, Database
from waypost_server.store.migrate import upgrade
from waypost_server.store.play_runs import insert_new
from waypost_server.store.schema_version import standing


def test_migrations_make_every_table(database: Database) -> None:
    """A migrated database has exactly the tables the code knows, and running again changes nothing."""
    upgrade(database.engine)
    found = set(inspect(database.engine).get_table_names())
    assert set(Base.metadata.tables) <= found
    with database.engine.connect() as connection:
        assert standing(connection) == "current"


def test_the_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    """An older program says which schema it found, and changes nothing."""
    with database.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(ConflictError, match="newer version of Waypost: schema 9999"):
        upgrade(database.engine)
    with database.engine.connect() as connection:
        assert standing(connection) == "ahead"


def test_inserting_tells_whether_a_row_was_made(database: Database) -> None:
    """The second of two equal inserts says that it made none: what "exactly once" rests on, on both databases."""
    row = {
        "workspace_id": "w",
        "address_hash": "h",
        "reason": "manual",
        "at": datetime(2026, 11, 23, tzinfo=UTC),
    }
    with database.write() as session:
        assert insert_new(session, tables.Suppression, row) is True
        assert insert_new(session, tables.Suppression, row) is False


def test_parallel_read_then_write_loses_nothing(database: Database) -> None:
    """Eight writers that each read a row and write it back end with the right sum."""
    with database.write() as session:
        session.execute(text("create table tally (n integer)"))
        session.execute(text("insert into tally values (0)"))
    lock = "" if database.is_sqlite else " for update"

    def work(_: int) -> None:
        with database.write() as session:
            n = session.scalar(text(f"select n from tally{lock}"))
            session.execute(text("update tally set n = :n"), {"n": n + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(80)))
    with database.read() as session:
        assert session.scalar(text("select n from tally")) == 80


def test_the_tables_in_code_are_the_tables_in_the_database(database: Database) -> None:
    """Comparing a migrated database with the code's tables finds nothing to change."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": _is_ours}
        )
        assert compare_metadata(context, Base.metadata) == []


def _is_ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
    """Partitions are made as months come, and the log's own key lies in `event_key`."""
    return not (kind == "table" and name is not None and name.startswith("event_") and name != "event_key")
