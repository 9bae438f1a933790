"""What one engine compiled, the next one need not compile again."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import literal, select
from sqlalchemy.sql import Insert, Select

from tests.builders import add_workspace
from waypost_server.store.database import Database, open_engine


def test_two_engines_compile_a_statement_once(tmp_path: Path) -> None:
    """The second engine takes the SQL from the first, and puts its own values into it."""
    with patch.object(Select, "_compiler", autospec=True, side_effect=Select._compiler) as compiles:
        for number in (1, 2):
            engine = open_engine(f"sqlite:///{tmp_path}/{number}.db")
            with engine.connect() as connection:
                assert connection.scalar(select(literal(number).label("compiled_once"))) == number
            engine.dispose()
    assert compiles.call_count == 1


def test_two_engines_compile_the_rows_of_a_session_once(sqlite_template: Path, tmp_path: Path) -> None:
    """The same holds for what a session writes by itself."""
    with patch.object(Insert, "_compiler", autospec=True, side_effect=Insert._compiler) as compiles:
        counts = []
        for number in (1, 2):
            path = tmp_path / f"{number}.db"
            path.write_bytes(sqlite_template.read_bytes())
            engine = open_engine(f"sqlite:///{path}")
            add_workspace(Database(engine))
            engine.dispose()
            counts.append(compiles.call_count)
    assert counts[0] == counts[1]


@pytest.mark.postgres
def test_the_databases_do_not_share(tmp_path: Path, postgres_url: str) -> None:
    """SQL for SQLite is never sent to PostgreSQL."""
    for url in (f"sqlite:///{tmp_path}/1.db", postgres_url):
        engine = open_engine(url)
        with engine.connect() as connection:
            assert connection.scalar(select(literal("a").label("word").concat("b"))) == "ab"
        engine.dispose()
