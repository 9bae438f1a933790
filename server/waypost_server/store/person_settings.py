"""What a person of ours has chosen for themselves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.tables import ConsoleUser


def hold(session: Session, workspace_id: str, user_id: str) -> ConsoleUser | None:
    """The person, locked for this transaction; None without a login."""
    return session.scalar(
        select(ConsoleUser)
        .where(
            ConsoleUser.workspace_id == workspace_id,
            ConsoleUser.id == user_id,
            ConsoleUser.disabled_at.is_(None),
        )
        .with_for_update()
    )


def with_absence(session: Session, workspace_id: str) -> Sequence[ConsoleUser]:
    """Everybody who has said when they are back, also those who are by now."""
    query = select(ConsoleUser).where(
        ConsoleUser.workspace_id == workspace_id,
        ConsoleUser.disabled_at.is_(None),
        ConsoleUser.away_until.is_not(None),
    )
    return session.scalars(query).all()


def by_calendar(session: Session, hashed: str) -> ConsoleUser | None:
    """Whose calendar it is."""
    return session.scalar(select(ConsoleUser).where(ConsoleUser.calendar_hash == hashed))
