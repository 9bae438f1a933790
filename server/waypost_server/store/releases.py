"""Published releases: immutable, numbered from 1 within a workspace."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Release


def live_number(session: Session, workspace_id: str) -> int | None:
    """The newest release's number, or None."""
    return session.scalar(select(func.max(Release.number)).where(Release.workspace_id == workspace_id))


def files(session: Session, workspace_id: str, number: int) -> dict[str, str] | None:
    """The definition files of a release, by name."""
    return session.scalar(
        select(Release.files).where(Release.workspace_id == workspace_id, Release.number == number)
    )
