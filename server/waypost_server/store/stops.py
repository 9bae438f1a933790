"""The kill switches that are thrown: for everything, or for a workspace. A play has its pause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import SendingStop, Workspace
from waypost_server.store.written import written

EVERYWHERE = ""


def put(session: Session, values: Mapping[str, Any]) -> bool:
    """Throw a switch; False when it was thrown before."""
    _tell_workspace(session, values["workspace_id"], sending=False)
    return insert_new(session, SendingStop, values)


def end(session: Session, workspace_id: str) -> bool:
    """Take a switch back; False when it was not thrown."""
    _tell_workspace(session, workspace_id, sending=True)
    return bool(
        written(
            session,
            delete(SendingStop)
            .where(SendingStop.workspace_id == workspace_id)
            .execution_options(synchronize_session=False),
        )
    )


def get(session: Session, workspace_id: str) -> SendingStop | None:
    """The switch of exactly this workspace, or `EVERYWHERE`, if it is thrown."""
    return session.get(SendingStop, workspace_id)


def standing(session: Session, workspace_id: str) -> list[SendingStop]:
    """Those that count for a workspace, the widest first."""
    return list(
        session.scalars(
            select(SendingStop)
            .where(SendingStop.workspace_id.in_((EVERYWHERE, workspace_id)))
            .order_by(SendingStop.workspace_id)
        )
    )


def is_standing(workspace_id: Any) -> ColumnElement[bool]:
    """In a query: whether one counts for the workspace in this column."""
    thrown = select(SendingStop.workspace_id).where(
        or_(SendingStop.workspace_id == EVERYWHERE, SendingStop.workspace_id == workspace_id)
    )
    return thrown.exists()


def _tell_workspace(session: Session, workspace_id: str, *, sending: bool) -> None:
    if workspace_id != EVERYWHERE:
        session.execute(
            update(Workspace)
            .where(Workspace.id == workspace_id)
            .values(sending=sending)
            .execution_options(synchronize_session=False)
        )
