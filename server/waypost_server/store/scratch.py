"""A database to think in: empty, on a temporary file, gone at the end. Nothing in it is meant to last.

What happened, or would happen, is played through the same code that serves the product, against a database
that nobody else sees. The file keeps memory bounded; a power cut may take it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert

from waypost_server.store import tables
from waypost_server.store.database import Base, Database, open_engine
from waypost_server.store.send_marks import ONLY

CARELESS = ("synchronous=off", "cache_size=-64000", "temp_store=memory")


@contextmanager
def scratch_database() -> Iterator[Database]:
    """An empty database with every table of this version's schema."""
    with tempfile.TemporaryDirectory(prefix="waypost-scratch-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "scratch.db"
        path.write_bytes(_template())
        engine = open_engine(f"sqlite:///{path}")
        event.listen(engine, "connect", _be_careless)
        try:
            yield Database(engine)
        finally:
            engine.dispose()


@cache
def _template() -> bytes:
    """The empty file; making the tables takes longer than copying them."""
    with tempfile.TemporaryDirectory(prefix="waypost-scratch-") as folder:
        path = Path(folder) / "template.db"
        engine = open_engine(f"sqlite:///{path}")
        Base.metadata.create_all(engine)
        with engine.connect() as connection:
            connection.execute(insert(tables.SendMark).values(id=ONLY))  # the one row that a migration brings
            connection.commit()
            connection.exec_driver_sql("rollback")
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
        engine.dispose()
        return path.read_bytes()


def _be_careless(dbapi_connection: Any, _record: Any) -> None:
    for pragma in CARELESS:
        dbapi_connection.execute(f"pragma {pragma}")
