"""What came back: one row for each report, about one mail and one address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Bounce


def put(session: Session, values: Mapping[str, Any]) -> bool:
    """Keep a report; False when it was read before."""
    return insert_new(session, Bounce, values)


def soft(session: Session, workspace_id: str, address_hash: str, *, since: datetime) -> int:
    """How often mail to an address came back for a reason that may pass."""
    query = select(func.count()).where(
        Bounce.workspace_id == workspace_id,
        Bounce.address_hash == address_hash,
        Bounce.kind == "soft",
        Bounce.at >= since,
    )
    return int(session.scalar(query) or 0)


def forget(session: Session, workspace_id: str, address_hash: str) -> None:
    """Count from zero again."""
    session.execute(
        delete(Bounce).where(Bounce.workspace_id == workspace_id, Bounce.address_hash == address_hash)
    )
