"""When a chat room may get its next message; the row is the lock of its room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import RoomPace


def find(session: Session, workspace_id: str, room: str) -> RoomPace | None:
    """A room that has got a message before."""
    return session.get(RoomPace, (workspace_id, room))


def hold(session: Session, workspace_id: str, room: str) -> RoomPace:
    """One room, locked until the commit; made when it is new."""
    insert_new(session, RoomPace, {"workspace_id": workspace_id, "room": room})
    return session.scalars(
        select(RoomPace)
        .where(RoomPace.workspace_id == workspace_id, RoomPace.room == room)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def leave(session: Session, workspace_id: str, room: str, *, free_at: datetime | None = None) -> None:
    """Nobody is about to post there any more; with `free_at`, nobody may before then."""
    values: dict[str, Any] = {"taken_until": None}
    if free_at is not None:
        values["free_at"] = free_at
    session.execute(
        update(RoomPace)
        .where(RoomPace.workspace_id == workspace_id, RoomPace.room == room)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
