"""The rows of a long answer, some at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from waypost_server.store import bulk

# Without statistics, as right after an import, PostgreSQL takes tables for small and runs through one of them for every
# row of another. So it is told how to join: whole tables with one another, or a few rows by the keys of the others.
WHOLE = {"cursor_tuple_fraction": "1", "enable_nestloop": "off", "jit": "off"}
BY_KEY = {"enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off", "jit": "off"}


def streamed(
    connection: Connection, sql: str, values: Any, size: int, *, whole: bool
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of one statement, up to `size` at a time, so that no more of them are in memory.

    `whole` says that most rows of its tables are read. One stream at a time on a connection; other statements may
    run in between.
    """
    driver: Any = connection.connection.driver_connection
    kind = connection.dialect.loaded_dbapi.Error
    is_sqlite = bulk.is_sqlite(connection)
    cursor = driver.cursor() if is_sqlite else driver.cursor(name="waypost_stream")
    settings = {} if is_sqlite else WHOLE if whole else BY_KEY
    try:
        for name, value in settings.items():
            driver.execute(f"set local {name} = {value}")
        cursor.execute(sql, values)
        for name in settings:
            driver.execute(f"set local {name} to default")
        while rows := cursor.fetchmany(size):
            yield rows
    except kind as error:
        raise DBAPIError.instance(sql, None, error, kind, dialect=connection.dialect) from error
    finally:
        cursor.close()
