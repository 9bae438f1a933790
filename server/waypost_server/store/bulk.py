"""Many rows in one statement, the same SQL on both databases.

A statement names its rows as `{rows}`, and treats each row by itself. PostgreSQL reads all of them from
arrays (`unnest`), one parameter a column, and takes them, and so their locks, in the order given. SQLite
reads them from `values`, at most 64 at a time: binding a value costs it a fifth of finding it in JSON. The
text of a statement never changes, or on SQLite only among four, and is prepared once. Join the rows with
`cross join … where`: SQLite then starts from them, and never from the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from waypost_server.store import times

encode = msgspec.json.Encoder().encode
ROWS = -1
SIZES = (64, 16, 4, 1)  # rows that one SQLite statement takes; more gain nothing
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
    """Run `statement` over `rows`, and return what it returns; `{0}`, `{1}` … stand for `constants`.

    Any number of rows. On SQLite the statement runs once for each part of them, so it may sum up or count
    within a row's own matches only.
    """
    connection = session.connection()
    if is_sqlite(connection):
        return _in_parts(connection, statement, shape, rows, constants)
    sql, order = _compiled(statement, shape)
    arrays = [array_literal(column) for column in zip(*rows, strict=True)]
    result = connection.exec_driver_sql(sql, tuple(_arranged(order, arrays, constants)))
    return [tuple(row) for row in result] if result.returns_rows else []


def _in_parts(
    connection: Connection,
    statement: str,
    shape: tuple[Column, ...],
    rows: Sequence[Sequence[Any]],
    constants: Sequence[Any],
) -> list[tuple[Any, ...]]:
    rows = _storable(shape, rows)
    given = [_constant(each) for each in constants]
    answers: list[tuple[Any, ...]] = []
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            sql, order = _compiled(statement, shape, size)
            values = list(chain.from_iterable(rows[start : start + size]))
            answers += fetched(connection, sql, _arranged(order, values, given))
            start += size
    return answers


def _arranged(order: tuple[int, ...], rows: Sequence[Any], constants: Sequence[Any]) -> list[Any]:
    """Parameters in the order in which the statement names them."""
    parameters: list[Any] = []
    for each in order:
        parameters.extend(rows if each == ROWS else (constants[each],))
    return parameters


def fetched(connection: Connection, sql: str, values: Any) -> list[tuple[Any, ...]]:
    """All rows of a statement, straight from the driver: SQLAlchemy's result rows cost as much as the query."""
    driver: Any = connection.connection.driver_connection
    try:
        rows: list[tuple[Any, ...]] = driver.execute(sql, values).fetchall()
    except connection.dialect.loaded_dbapi.Error as error:
        kind = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(sql, None, error, kind, dialect=connection.dialect) from error
    return rows


@lru_cache(maxsize=512)
def _compiled(
    statement: str, shape: tuple[Column, ...], sqlite_rows: int | None = None
) -> tuple[str, tuple[int, ...]]:
    """The SQL for one database, and the order in which its parameters appear."""
    order: list[int] = []

    def place(match: re.Match[str]) -> str:
        order.append(ROWS if match[1] == "rows" else int(match[1]))
        if match[1] == "rows":
            return _arrays(shape) if sqlite_rows is None else _values(shape, sqlite_rows)
        return "%s" if sqlite_rows is None else "?"

    return PLACE.sub(place, statement), tuple(order)


def _arrays(shape: tuple[Column, ...]) -> str:
    arrays = ", ".join(f"%s::{each.type}[]" for each in shape)
    return f"unnest({arrays}) as r({', '.join(each.name for each in shape)})"


def _values(shape: tuple[Column, ...], count: int) -> str:
    row = f"({', '.join('?' * len(shape))})"
    fields = ", ".join(f"column{i} as {each.name}" for i, each in enumerate(shape, start=1))
    return f"(select {fields} from (values {', '.join([row] * count)})) as r"


def _constant(value: Any) -> Any:
    if isinstance(value, datetime):
        return times.time_text(value)
    return times.day_text(value) if isinstance(value, date) else value


def _storable(shape: tuple[Column, ...], rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """The rows as SQLite keeps them: times and days are text."""
    texts = [(i, TEXTS[each.type]) for i, each in enumerate(shape) if each.type in TEXTS]
    if not texts or not rows:
        return rows
    given: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for i, as_texts in texts:
        given[i] = as_texts(given[i])
    return list(zip(*given, strict=True))


def _day_texts(days: Sequence[date | None]) -> list[str | None]:
    return [None if day is None else times.day_text(day) for day in days]


TEXTS: dict[str, Callable[[Sequence[Any]], list[str | None]]] = {
    "timestamptz": times.time_texts,
    "date": _day_texts,
}


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


def read_json(value: Any) -> Any:
    """JSON as either driver returns it from a textual statement."""
    return msgspec.json.decode(value) if type(value) is str else value


def is_sqlite(connection: Connection) -> bool:
    """True on SQLite."""
    return connection.dialect.name == "sqlite"
