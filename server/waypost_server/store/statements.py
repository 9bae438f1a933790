"""Statements are written as SQL once per process, not once per engine.

SQLAlchemy keeps what it compiled with the engine (and, of rows that a session writes, with their class and the
engine), and compiling takes milliseconds where a look-up takes microseconds. A rehearsal, and an explanation of the
past, open an engine on a scratch file and close it again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.util import LRUCache

Key = tuple[Any, ...]


class Statements(LRUCache[Key, Any]):
    """Compiled statements of every engine whose dialect writes the same SQL. Safe among threads."""

    def get(self, key: Key, default: Any = None) -> Any:
        """What was compiled for a key of SQLAlchemy's, which begins with the engine's own dialect."""
        return super().get((_writes_like(key[0]), *key[1:]), default)

    def __setitem__(self, key: Key, compiled: Any) -> None:
        super().__setitem__((_writes_like(key[0]), *key[1:]), compiled)


def _writes_like(dialect: Dialect) -> tuple[Any, ...]:
    return dialect.name, dialect.driver, dialect.server_version_info


STATEMENTS = Statements(capacity=1_000)  # Waypost has some hundreds
