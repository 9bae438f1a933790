"""Deliveries that have not ended, asked for in the words of the index that holds them and nothing else."""

from __future__ import annotations

from sqlalchemy import ColumnElement, literal_column

from waypost_server.store.tables import Delivery

# Written into the statement: SQLite does not look into parameters to see that `ix_delivery_open` will do.
OPEN: tuple[ColumnElement[str], ...] = tuple(literal_column(f"'{state}'") for state in ("pending", "sending"))


def is_open() -> ColumnElement[bool]:
    """Waits or is being sent. Add it to a narrower condition on the state: without it SQLite reads every delivery."""
    return Delivery.state.in_(OPEN)
