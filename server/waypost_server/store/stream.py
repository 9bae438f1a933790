"""The rows of a long answer, some at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from waypost_server.store import bulk


def streamed(connection: Connection, sql: str, values: Any, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of one statement, up to `size` at a time, so that no more of them are in memory.

    One stream at a time on a connection; other statements may run in between.
    """
    driver: Any = connection.connection.driver_connection
    kind = connection.dialect.loaded_dbapi.Error
    cursor = driver.cursor() if bulk.is_sqlite(connection) else driver.cursor(name="waypost_stream")
    try:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(size):
            yield rows
    except kind as error:
        raise DBAPIError.instance(sql, None, error, kind, dialect=connection.dialect) from error
    finally:
        cursor.close()
