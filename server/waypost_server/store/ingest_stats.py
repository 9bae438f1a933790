"""How much came in, by day, summed over the shards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import IngestDay


def by_day(session: Session, workspace_id: str, start: date, end: date) -> Sequence[Any]:
    """Rows (day, accepted, duplicate, quarantined) between two days, both included, oldest first."""
    return session.execute(
        select(IngestDay.day, *_sums())
        .where(IngestDay.workspace_id == workspace_id, IngestDay.day.between(start, end))
        .group_by(IngestDay.day)
        .order_by(IngestDay.day)
    ).all()


def ever(session: Session) -> Any:
    """Row (accepted, duplicate, quarantined) over all workspaces and days, for the metrics of the installation."""
    return session.execute(select(*_sums())).one()


def _sums() -> list[Any]:
    return [
        func.coalesce(func.sum(column), 0).label(column.key)
        for column in (IngestDay.accepted, IngestDay.duplicate, IngestDay.quarantined)
    ]
