"""The people who log into the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from waypost_server.store.tables import ConsoleUser, Workspace
from waypost_server.store.written import written


def get(session: Session, workspace_id: str, user_id: str) -> ConsoleUser | None:
    """One person by id, disabled or not."""
    return session.get(ConsoleUser, (workspace_id, user_id))


def by_email(session: Session, workspace_id: str, email: str) -> ConsoleUser | None:
    """One person by e-mail; e-mails are kept in lower case."""
    return session.scalar(
        select(ConsoleUser).where(
            ConsoleUser.workspace_id == workspace_id, ConsoleUser.email == email.strip().lower()
        )
    )


def page(session: Session, workspace_id: str, limit: int = 200) -> Sequence[ConsoleUser]:
    """Everybody, by name; at most `limit`."""
    return session.scalars(
        select(ConsoleUser)
        .where(ConsoleUser.workspace_id == workspace_id)
        .order_by(ConsoleUser.disabled_at.is_not(None), ConsoleUser.name, ConsoleUser.id)
        .limit(limit)
    ).all()


def names(session: Session, workspace_id: str) -> dict[str, str]:
    """Id → name of everybody, disabled people included, to show who owns what."""
    rows = session.execute(
        select(ConsoleUser.id, ConsoleUser.name).where(ConsoleUser.workspace_id == workspace_id).limit(1000)
    )
    return {row.id: row.name for row in rows}


def add(session: Session, **values: Any) -> None:
    """A new person."""
    session.add(ConsoleUser(**values))
    session.flush()


def disable(session: Session, workspace_id: str, user_id: str, at: datetime) -> bool:
    """Shut a person out; False when there is no such enabled person."""
    return bool(
        written(
            session,
            update(ConsoleUser)
            .where(
                ConsoleUser.workspace_id == workspace_id,
                ConsoleUser.id == user_id,
                ConsoleUser.disabled_at.is_(None),
            )
            .values(disabled_at=at),
        )
    )


def enable(session: Session, workspace_id: str, user_id: str) -> bool:
    """Let a person in again; False when there is no such disabled person."""
    return bool(
        written(
            session,
            update(ConsoleUser)
            .where(
                ConsoleUser.workspace_id == workspace_id,
                ConsoleUser.id == user_id,
                ConsoleUser.disabled_at.is_not(None),
            )
            .values(disabled_at=None),
        )
    )


def lock_admins(session: Session, workspace_id: str) -> Sequence[str]:
    """The ids of all who can administer the workspace, locked: two of them cannot take it from each other at once."""
    return session.scalars(
        select(ConsoleUser.id)
        .where(
            ConsoleUser.workspace_id == workspace_id,
            ConsoleUser.role == "admin",
            ConsoleUser.disabled_at.is_(None),
        )
        .order_by(ConsoleUser.id)
        .with_for_update()
    ).all()


def workspace_ids(session: Session, limit: int = 2) -> Sequence[str]:
    """The first workspaces by id: enough to know whether there is only one."""
    return session.scalars(select(Workspace.id).order_by(Workspace.id).limit(limit)).all()
