"""Published releases: immutable, numbered from 1 within a workspace."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Release, Workspace


def live_number(session: Session, workspace_id: str) -> int | None:
    """The newest release's number, or None."""
    return session.scalar(select(func.max(Release.number)).where(Release.workspace_id == workspace_id))


def live_number_and_timezone(session: Session, workspace_id: str) -> tuple[int | None, str]:
    """The newest release's number and the workspace's zone; (None, "UTC") for an unknown workspace."""
    newest = select(func.max(Release.number)).where(Release.workspace_id == workspace_id).scalar_subquery()
    row = session.execute(
        select(newest, Workspace.timezone).where(Workspace.id == workspace_id)
    ).one_or_none()
    return (None, "UTC") if row is None else (row[0], row[1])


def files(session: Session, workspace_id: str, number: int) -> dict[str, str] | None:
    """The definition files of a release, by name."""
    return session.scalar(
        select(Release.files).where(Release.workspace_id == workspace_id, Release.number == number)
    )


def found(session: Session, workspace_id: str, number: int) -> tuple[dict[str, str], str] | None:
    """The files of a release and the environment they are read for, or None."""
    wanted = select(Release.files, Release.environment)
    row = session.execute(
        wanted.where(Release.workspace_id == workspace_id, Release.number == number)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def author(session: Session, workspace_id: str, number: int) -> str:
    """Who published a release; '' for one that is not there."""
    query = select(Release.author).where(Release.workspace_id == workspace_id, Release.number == number)
    return session.scalar(query) or ""


def live_environment(session: Session, workspace_id: str) -> str:
    """The environment of the newest release; "" for none, or where nothing is published."""
    newest = select(Release.environment).where(Release.workspace_id == workspace_id)
    return session.scalar(newest.order_by(Release.number.desc()).limit(1)) or ""


def live(session: Session, workspace_id: str) -> tuple[int, dict[str, str]] | None:
    """The newest release's number and files, or None."""
    newest = select(Release.number, Release.files).where(Release.workspace_id == workspace_id)
    row = session.execute(newest.order_by(Release.number.desc()).limit(1)).one_or_none()
    return None if row is None else (row[0], row[1])


def lock(session: Session, workspace_id: str) -> bool:
    """Hold the workspace's row until the transaction ends, so that publishers queue. False if there is none."""
    held = select(Workspace.id).where(Workspace.id == workspace_id).with_for_update()
    return session.scalar(held) is not None


def newest(session: Session, workspace_id: str) -> tuple[int, str, str] | None:
    """The newest release's number, digest and environment, or None."""
    newest = select(Release.number, Release.digest, Release.environment).where(
        Release.workspace_id == workspace_id
    )
    row = session.execute(newest.order_by(Release.number.desc()).limit(1)).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def add(  # noqa: PLR0913 - a release has that many columns
    session: Session,
    workspace_id: str,
    number: int,
    files: dict[str, str],
    *,
    digest: str,
    author: str,
    message: str,
    environment: str,
    at: datetime,
) -> None:
    """Store a new release. The caller holds the workspace's row."""
    session.add(
        Release(
            workspace_id=workspace_id,
            number=number,
            digest=digest,
            files=files,
            author=author,
            message=message,
            environment=environment,
            published_at=at,
        )
    )
