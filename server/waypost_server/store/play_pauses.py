"""Plays that a person has paused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import Delivery, PlayPause, PlayRun
from waypost_server.store.written import written


def put(session: Session, workspace_id: str, play: str, *, at: datetime, actor: str, reason: str) -> bool:
    """Pause a play; False when it is paused already."""
    key = {"workspace_id": workspace_id, "play": play}
    return insert_new(session, PlayPause, {**key, "at": at, "actor": actor, "reason": reason})


def remove(session: Session, workspace_id: str, play: str) -> bool:
    """Let a play go on; False when it was not paused."""
    return bool(
        written(
            session, delete(PlayPause).where(PlayPause.workspace_id == workspace_id, PlayPause.play == play)
        )
    )


def of_workspace(session: Session, workspace_id: str) -> dict[str, PlayPause]:
    """The paused plays, by key."""
    rows = session.scalars(select(PlayPause).where(PlayPause.workspace_id == workspace_id))
    return {row.play: row for row in rows}


def not_paused(table: type[PlayRun] | type[Delivery]) -> ColumnElement[bool]:
    """Of a run or a message: its play is not paused."""
    paused = select(PlayPause.play).where(
        PlayPause.workspace_id == table.workspace_id, PlayPause.play == table.play
    )
    return ~paused.exists()
