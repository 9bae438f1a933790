"""Workshops as they were at a moment of the past: who was invited, and which places were taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import WorkshopInvitation

Row = dict[str, Any]
SAID_YES = (
    "accepted",
    "attended",
    "missed",
)  # whoever answered and did not say no, whatever came of it later


def places_taken(session: Session, workspace_id: str, at: datetime) -> Mapping[str, int]:
    """Slot → how many had said yes by then."""
    row = WorkshopInvitation
    found = session.execute(
        select(row.slot_id, func.count())
        .where(row.workspace_id == workspace_id, row.answered_at < at, row.state.in_(SAID_YES))
        .group_by(row.slot_id)
    )
    return {row[0]: row[1] for row in found}


def invitation_at(row: Row, at: datetime) -> Row:
    """An invitation without what became of it later."""
    if row["marked_at"] is not None and row["marked_at"] >= at:
        row |= {"marked_at": None, "state": "accepted"}
    if row["answered_at"] is not None and row["answered_at"] >= at:
        row |= {"answered_at": None, "state": "invited"}
    return {**row, "did": None, "checked_at": None}
