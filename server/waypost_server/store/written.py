"""How many rows a write touched: the answer to whether the condition in its WHERE still held."""

from __future__ import annotations

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import UpdateBase


def written(session: Session, statement: UpdateBase) -> int:
    """Run an insert, update or delete; how many rows it wrote."""
    # without the option the count of an INSERT is -1 on PostgreSQL, whatever it did
    done = session.execute(statement, execution_options={"preserve_rowcount": True})
    assert isinstance(done, CursorResult), "a write without RETURNING"
    return done.rowcount
