"""Workspaces: each one isolated environment of one product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Workspace


def get(session: Session, workspace_id: str) -> Workspace | None:
    """The workspace with this id, or None."""
    return session.get(Workspace, workspace_id)


def every(session: Session, limit: int = 1000) -> Sequence[Workspace]:
    """All workspaces by id; for the operator's commands, never for a request."""
    return session.scalars(select(Workspace).order_by(Workspace.id).limit(limit)).all()


def add(session: Session, **values: Any) -> None:
    """Store a new workspace."""
    session.add(Workspace(**values))
