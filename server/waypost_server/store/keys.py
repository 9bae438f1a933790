"""API keys: looked up by the id inside the key, compared by hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from waypost_server.store.tables import Key, Workspace


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A stored key with what its workspace asks of callers."""

    id: str
    workspace_id: str
    kind: str
    scopes: tuple[str, ...]
    hash: str
    revoked_at: datetime | None
    last_used_on: date | None
    workspace_mode: str
    token_secret: str


def find(session: Session, key_id: str) -> KeyRecord | None:
    """The key with this id in any workspace (the id is what tells the workspace)."""
    row = session.execute(
        select(Key, Workspace.mode, Workspace.token_secret)
        .join(Workspace, Workspace.id == Key.workspace_id)
        .where(Key.id == key_id)
    ).one_or_none()
    if row is None:
        return None
    key = row[0]
    return KeyRecord(
        id=key.id,
        workspace_id=key.workspace_id,
        kind=key.kind,
        scopes=tuple(key.scopes),
        hash=key.hash,
        revoked_at=key.revoked_at,
        last_used_on=key.last_used_on,
        workspace_mode=row[1],
        token_secret=row[2],
    )


def mark_used(session: Session, key_id: str, day: date) -> None:
    """Note that the key was used on `day`, once a day."""
    session.execute(
        update(Key)
        .where(Key.id == key_id, (Key.last_used_on.is_(None)) | (Key.last_used_on < day))
        .values(last_used_on=day)
    )


def add(session: Session, workspace_id: str, **values: Any) -> None:
    """Store a new key's facts (never its text)."""
    session.add(Key(workspace_id=workspace_id, **values))


def of_workspace(session: Session, workspace_id: str, limit: int = 200) -> Sequence[Key]:
    """The keys of a workspace, newest first, revoked ones included."""
    return session.scalars(
        select(Key)
        .where(Key.workspace_id == workspace_id)
        .order_by(Key.created_at.desc(), Key.id.desc())
        .limit(limit)
    ).all()


def revoke(session: Session, workspace_id: str, key_id: str, at: datetime) -> bool:
    """Revoke a key that is not revoked yet; whether that happened."""
    result = session.execute(
        update(Key)
        .where(Key.workspace_id == workspace_id, Key.id == key_id, Key.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(Key.id)
    )
    return result.one_or_none() is not None


def exists(session: Session, workspace_id: str, key_id: str) -> bool:
    """Whether this workspace has a key with this id, revoked or not."""
    return (
        session.scalar(select(Key.id).where(Key.workspace_id == workspace_id, Key.id == key_id)) is not None
    )
