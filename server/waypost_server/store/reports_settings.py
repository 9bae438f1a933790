"""Read models of the settings pages: keys, releases, quarantine, the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Key, Quarantine, Release, Workspace
from waypost_server.store.types import AnyRow


def workspace(session: Session, workspace_id: str) -> Workspace | None:
    """The workspace itself."""
    return session.get(Workspace, workspace_id)


def keys(session: Session, workspace_id: str, limit: int = 200) -> Sequence[Key]:
    """API keys: usable ones first, then the newest."""
    return session.scalars(
        select(Key)
        .where(Key.workspace_id == workspace_id)
        .order_by(Key.revoked_at.is_not(None), Key.created_at.desc(), Key.id)
        .limit(limit)
    ).all()


def releases(session: Session, workspace_id: str, *, after: int | None, limit: int) -> Sequence[AnyRow]:
    """Releases without their files, the newest first; `after` is the last number seen."""
    query = select(
        Release.number,
        Release.digest,
        Release.author,
        Release.message,
        Release.environment,
        Release.published_at,
    ).where(Release.workspace_id == workspace_id)
    if after is not None:
        query = query.where(Release.number < after)
    return session.execute(query.order_by(Release.number.desc()).limit(limit)).all()


def release(session: Session, workspace_id: str, number: int) -> Release | None:
    """One release with its files."""
    return session.get(Release, (workspace_id, number))


def published(session: Session, workspace_id: str, number: int) -> AnyRow | None:
    """Who published a release, and when."""
    return session.execute(
        select(Release.number, Release.author, Release.message, Release.published_at).where(
            Release.workspace_id == workspace_id, Release.number == number
        )
    ).one_or_none()


def quarantine(
    session: Session, workspace_id: str, *, code: str | None, after: int | None, limit: int
) -> Sequence[Quarantine]:
    """Refused events, the newest first; `after` is the last id seen."""
    query = select(Quarantine).where(Quarantine.workspace_id == workspace_id)
    if code:
        query = query.where(Quarantine.code == code)
    if after is not None:
        query = query.where(Quarantine.id < after)
    return session.scalars(query.order_by(Quarantine.id.desc()).limit(limit)).all()
