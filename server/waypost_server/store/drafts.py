"""Drafts: edited files, one row each. Every write names the stamp of the text it replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import DraftFile
from waypost_server.store.written import written

MOST = 200  # drafts listed


class Heading(NamedTuple):
    """A draft in the list. `files` counts its edits."""

    draft: str
    files: int
    updated_at: datetime


def headings(session: Session, workspace_id: str) -> Sequence[Heading]:
    """Every draft, the latest edited first; at most MOST."""
    latest = func.max(DraftFile.updated_at)
    rows = session.execute(
        select(DraftFile.draft, func.count(), latest)
        .where(DraftFile.workspace_id == workspace_id)
        .group_by(DraftFile.draft)
        .order_by(latest.desc(), DraftFile.draft)
        .limit(MOST)
    )
    return [Heading(*row) for row in rows]


def count(session: Session, workspace_id: str, draft: str) -> int:
    """How many files a draft changes."""
    found = select(func.count()).where(_of(workspace_id, draft))
    return session.scalar(found) or 0


def edits(session: Session, workspace_id: str, draft: str) -> Sequence[DraftFile]:
    """The edits of a draft, by file."""
    return session.scalars(select(DraftFile).where(_of(workspace_id, draft)).order_by(DraftFile.file)).all()


def get(session: Session, workspace_id: str, draft: str, file: str) -> DraftFile | None:
    """One edit, as it is now."""
    return session.get(DraftFile, (workspace_id, draft, file), populate_existing=True)


def add(session: Session, workspace_id: str, draft: str, file: str, values: Mapping[str, Any]) -> bool:
    """A new edit; False when there is one already."""
    row = {"workspace_id": workspace_id, "draft": draft, "file": file, **values}
    return insert_new(session, DraftFile, row)


def replace(
    session: Session, workspace_id: str, draft: str, file: str, *, stamp: str, values: Mapping[str, Any]
) -> bool:
    """Change an edit whose text still bears `stamp`; False when it changed meanwhile."""
    same = (_of(workspace_id, draft), DraftFile.file == file, DraftFile.stamp == stamp)
    return bool(written(session, update(DraftFile).where(*same).values(**values)))


def discard(session: Session, workspace_id: str, draft: str, file: str, *, stamp: str) -> bool:
    """Drop an edit whose text still bears `stamp`; False when it changed meanwhile or is gone."""
    same = (_of(workspace_id, draft), DraftFile.file == file, DraftFile.stamp == stamp)
    return bool(written(session, delete(DraftFile).where(*same)))


def discard_all(session: Session, workspace_id: str, draft: str) -> int:
    """Drop a whole draft; how many edits it had."""
    return written(session, delete(DraftFile).where(_of(workspace_id, draft)))


def _of(workspace_id: str, draft: str) -> Any:
    return (DraftFile.workspace_id == workspace_id) & (DraftFile.draft == draft)
