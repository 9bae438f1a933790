"""Who changed what; append-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `action` is noun.verb; `before` and `after` never hold secrets."""

    id: str
    at: datetime
    actor: str
    action: str
    object: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


def append(session: Session, workspace_id: str, entry: Entry) -> None:
    """Write one line."""
    session.add(
        Audit(
            workspace_id=workspace_id,
            id=entry.id,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            object=entry.object,
            before=entry.before,
            after=entry.after,
        )
    )


def page(
    session: Session,
    workspace_id: str,
    *,
    actor: str | None = None,
    about: str | None = None,
    after: str | None = None,
    limit: int,
) -> Sequence[Audit]:
    """The newest first, of one actor and about one noun if they are named; `after` is the id of the last line seen."""
    query = select(Audit).where(Audit.workspace_id == workspace_id)
    if actor:
        query = query.where(Audit.actor == actor)
    if about:
        query = query.where(Audit.action.startswith(f"{about}.", autoescape=True))
    if after:
        query = query.where(Audit.id < after)
    return session.scalars(query.order_by(Audit.id.desc()).limit(limit)).all()
