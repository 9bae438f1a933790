"""Many rows in one statement, the same SQL on both databases.

A statement names its rows as `{rows}`: PostgreSQL reads them from arrays (`unnest`), SQLite from one JSON
text (`json_each`). The database sees one parameter a column, or one in all, so the statement's text never
changes and is prepared once. PostgreSQL takes the rows, and so their locks, in the order given. Join the
rows with `cross join … where`: SQLite then starts from them, and never from the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

encode = msgspec.json.Encoder().encode
ROWS = -1
PLACE = re.compile(r"\{(rows|\d)\}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows, with its PostgreSQL type."""

    name: str
    type: str = "text"


def columns(text: str) -> tuple[Column, ...]:
    """Columns from "account_id, day date, count bigint"; the type is text when not given."""
    parts = [each.split() for each in text.split(",")]
    return tuple(Column(name, kind[0] if kind else "text") for name, *kind in parts)


def run(
    session: Session,
    statement: str,
    shape: tuple[Column, ...],
    rows: Sequence[Sequence[Any]],
    constants: Sequence[Any] = (),
) -> list[tuple[Any, ...]]:
    """Run `statement` over `rows`, and return what it returns; `{0}`, `{1}` … stand for `constants`."""
    connection = session.connection()
    sqlite = is_sqlite(connection)
    sql, order = _compiled(statement, shape, sqlite)
    if sqlite:
        given = [_constant(each) for each in constants]
        parts: list[Any] = [_json(shape, rows)]
    else:
        given = list(constants)
        parts = [array_literal(column) for column in zip(*rows, strict=True)]
    parameters: list[Any] = []
    for each in order:
        parameters.extend(parts if each == ROWS else (given[each],))
    if sqlite:
        return fetched(connection, sql, parameters)
    result = connection.exec_driver_sql(sql, tuple(parameters))
    return [tuple(row) for row in result] if result.returns_rows else []


def fetched(connection: Connection, sql: str, values: Any) -> list[tuple[Any, ...]]:
    """All rows of a statement, straight from the driver: SQLAlchemy's result rows cost as much as the query."""
    driver: Any = connection.connection.driver_connection
    try:
        rows: list[tuple[Any, ...]] = driver.execute(sql, values).fetchall()
    except connection.dialect.loaded_dbapi.Error as error:
        kind = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(sql, None, error, kind, dialect=connection.dialect) from error
    return rows


@lru_cache(maxsize=256)
def _compiled(statement: str, shape: tuple[Column, ...], sqlite: bool) -> tuple[str, tuple[int, ...]]:
    """The SQL for one database, and the order in which its parameters appear."""
    order: list[int] = []

    def place(match: re.Match[str]) -> str:
        order.append(ROWS if match[1] == "rows" else int(match[1]))
        if match[1] == "rows":
            return _source(shape, sqlite)
        return "?" if sqlite else "%s"

    return PLACE.sub(place, statement), tuple(order)


def _source(shape: tuple[Column, ...], sqlite: bool) -> str:
    if sqlite:
        fields = ", ".join(f"json_extract(value, '$[{i}]') as {each.name}" for i, each in enumerate(shape))
        return f"(select {fields} from json_each(?)) as r"
    arrays = ", ".join(f"%s::{each.type}[]" for each in shape)
    return f"unnest({arrays}) as r({', '.join(each.name for each in shape)})"


def _constant(value: Any) -> Any:
    if isinstance(value, datetime):
        return storable_time(value)
    return value.isoformat() if isinstance(value, date) else value


def _json(shape: tuple[Column, ...], rows: Sequence[Sequence[Any]]) -> str:
    times = [i for i, each in enumerate(shape) if each.type == "timestamptz"]
    if not times:
        return encode(rows).decode()
    return encode([_with_times(row, times) for row in rows]).decode()


def _with_times(row: Sequence[Any], times: Iterable[int]) -> list[Any]:
    row = list(row)
    for i in times:
        if row[i] is not None:
            row[i] = storable_time(row[i])
    return row


def array_literal(values: Sequence[Any]) -> str:
    """A PostgreSQL array as text. JSON quotes text almost as PostgreSQL does; backslashes take the long way."""
    text = encode(values).decode()
    if "\\" in text:
        return "{" + ",".join(map(_quoted, values)) + "}"
    return "{" + text[1:-1] + "}"


def _quoted(value: Any) -> str:
    if value is None:
        return "null"
    if not isinstance(value, str):
        return encode(value).decode()
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def storable_time(at: datetime) -> str:
    """As SQLite keeps it, see store.types.UtcDateTime."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(" ", "microseconds")[:26]


def read_time(value: Any) -> datetime:
    """A time as either driver returns it from a textual statement."""
    at = datetime.fromisoformat(value) if type(value) is str else value
    if at.tzinfo is UTC:
        return at
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def read_day(value: Any) -> date:
    """A day as either driver returns it from a textual statement."""
    return date.fromisoformat(value) if type(value) is str else value


def read_json(value: Any) -> Any:
    """JSON as either driver returns it from a textual statement."""
    return msgspec.json.decode(value) if type(value) is str else value


def is_sqlite(connection: Connection) -> bool:
    """True on SQLite."""
    return connection.dialect.name == "sqlite"
