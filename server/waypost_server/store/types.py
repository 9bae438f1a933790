"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Row, Select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from waypost_server.store.times import read_time

# Rows and queries of a report, whose columns their readers know by name.
AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


def _read(value: Any) -> datetime | None:
    return None if value is None else read_time(value)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out. SQLite keeps naive text "YYYY-MM-DD HH:MM:SS.ffffff", PostgreSQL timestamptz."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the database; make it aware UTC")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], datetime | None]:
        """Straight from what the driver gives: by way of SQLAlchemy's own reading it costs twice as much."""
        return _read
