"""How columns are declared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, Text, text
from sqlalchemy.orm import mapped_column

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER key
COMPACT = {"sqlite_with_rowid": False}  # the key is the row: no second look-up on SQLite


def key(kind: Any = Text, **options: Any) -> Any:
    """A column of the primary key."""
    return mapped_column(kind, primary_key=True, autoincrement=False, **options)


def col(kind: Any = Text, *, default: str | None = None, **options: Any) -> Any:
    """An ordinary column; `default` is a server default in SQL."""
    return mapped_column(kind, server_default=text(default) if default is not None else None, **options)
