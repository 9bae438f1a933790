"""What people said about accounts' motions, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, MotionOverride


def add(session: Session, values: Mapping[str, Any]) -> None:
    """Note what a person said. The one before must be over."""
    session.execute(insert(MotionOverride).values(**values))


def end(
    session: Session,
    workspace_id: str,
    account_id: str,
    *,
    how: str,
    person: str | None,
    at: datetime,
    only_expired: bool = False,
) -> MotionOverride | None:
    """End the one that counts; returns it, or None when there is none (or it has time left yet)."""
    query = update(MotionOverride).where(
        MotionOverride.workspace_id == workspace_id,
        MotionOverride.account_id == account_id,
        MotionOverride.ended_at.is_(None),
    )
    if only_expired:
        query = query.where(MotionOverride.until <= at)
    return session.scalar(
        query.values(ended_at=at, ended=how, ended_by=person)
        .returning(MotionOverride)
        .execution_options(synchronize_session=False)
    )


def expired(session: Session, *, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(workspace, account) of those whose time is over, in every workspace."""
    rows = session.execute(
        select(MotionOverride.workspace_id, MotionOverride.account_id)
        .where(MotionOverride.ended_at.is_(None), MotionOverride.until <= now)
        .order_by(MotionOverride.until)
        .limit(limit)
    )
    return [(workspace_id, account_id) for workspace_id, account_id in rows]


def history(session: Session, workspace_id: str, account_id: str, *, limit: int = 50) -> list[MotionOverride]:
    """All of an account, the newest first."""
    return list(
        session.scalars(
            select(MotionOverride)
            .where(MotionOverride.workspace_id == workspace_id, MotionOverride.account_id == account_id)
            .order_by(MotionOverride.id.desc())
            .limit(limit)
        )
    )


def standing(session: Session, workspace_id: str, account_id: str) -> MotionOverride | None:
    """The one that is not over."""
    return session.scalar(
        select(MotionOverride).where(
            MotionOverride.workspace_id == workspace_id,
            MotionOverride.account_id == account_id,
            MotionOverride.ended_at.is_(None),
        )
    )


def standing_at(session: Session, workspace_id: str, at: datetime) -> dict[str, tuple[str, datetime]]:
    """Account → (motion, until) of what counted at a moment."""
    rows = session.execute(
        select(MotionOverride.account_id, MotionOverride.motion, MotionOverride.until).where(
            MotionOverride.workspace_id == workspace_id,
            MotionOverride.set_at <= at,
            or_(MotionOverride.ended_at.is_(None), MotionOverride.ended_at > at),
        )
    )
    return {account_id: (motion, until) for account_id, motion, until in rows}


def apply(
    session: Session,
    workspace_id: str,
    account_id: str,
    *,
    motion: str | None,
    word: str | None,
    until: datetime | None,
    now: datetime,
) -> None:
    """Write the motion in force, and take the account away from a worker that judged it by the one before."""
    session.execute(
        update(Account)
        .where(Account.workspace_id == workspace_id, Account.id == account_id)
        .values(
            motion=motion,
            motion_set=word,
            motion_until=until,
            check_at=now,
            lease_until=None,
            fence=None,
            claims=0,
        )
        .execution_options(synchronize_session=False)
    )
