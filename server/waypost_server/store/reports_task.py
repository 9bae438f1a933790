"""Read models around one task: the people of its account with their last touch, and the signals behind it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.tables import ConsoleUser, EndUser, Membership, Signal, TaskSignal, Touch
from waypost_server.store.types import AnyRow

HUMAN = ("call", "meeting", "message")


def people(session: Session, workspace_id: str, account_id: str, limit: int = 8) -> Sequence[AnyRow]:
    """Users of an account, the last active first, each with their last touch: when, and on which channel."""
    of_person = (Touch.workspace_id == Membership.workspace_id, Touch.user_id == Membership.user_id)
    newest = select(Touch.id).where(*of_person).order_by(Touch.at.desc(), Touch.id.desc()).limit(1)
    return session.execute(
        select(
            Membership.user_id,
            Membership.role,
            Membership.last_day,
            EndUser.name,
            Touch.at.label("touched_at"),
            Touch.channel,
        )
        .outerjoin(
            EndUser, (EndUser.workspace_id == Membership.workspace_id) & (EndUser.id == Membership.user_id)
        )
        .outerjoin(
            Touch,
            (Touch.workspace_id == Membership.workspace_id)
            & (Touch.id == newest.correlate(Membership).scalar_subquery()),
        )
        .where(Membership.workspace_id == workspace_id, Membership.account_id == account_id)
        .order_by(Membership.last_day.desc(), Membership.user_id)
        .limit(limit)
    ).all()


def last_conversation(session: Session, workspace_id: str, account_id: str) -> AnyRow | None:
    """The last call, meeting or message by one of us: when, how, and what came of it."""
    return session.execute(
        select(Touch.at, Touch.channel, Touch.note)
        .where(Touch.workspace_id == workspace_id, Touch.account_id == account_id, Touch.channel.in_(HUMAN))
        .order_by(Touch.at.desc(), Touch.id.desc())
        .limit(1)
    ).one_or_none()


def signals(session: Session, workspace_id: str, task_id: str, limit: int = 20) -> Sequence[Signal]:
    """The signals behind a task, the first one first."""
    return session.scalars(
        select(Signal)
        .join(
            TaskSignal,
            (TaskSignal.workspace_id == Signal.workspace_id) & (TaskSignal.signal_id == Signal.id),
        )
        .where(TaskSignal.workspace_id == workspace_id, TaskSignal.task_id == task_id)
        .order_by(TaskSignal.at, Signal.id)
        .limit(limit)
    ).all()


def team(session: Session, workspace_id: str, limit: int = 200) -> Sequence[AnyRow]:
    """Everybody who can work a task: id, name, role, own capacity, absence and zone, CSMs first."""
    is_csm = ConsoleUser.role == "csm"
    return session.execute(
        select(
            ConsoleUser.id,
            ConsoleUser.name,
            ConsoleUser.role,
            ConsoleUser.capacity,
            ConsoleUser.away_until,
            ConsoleUser.timezone,
        )
        .where(
            ConsoleUser.workspace_id == workspace_id,
            ConsoleUser.disabled_at.is_(None),
            ConsoleUser.role.in_(("csm", "approver", "admin")),
        )
        .order_by(is_csm.desc(), ConsoleUser.name, ConsoleUser.id)
        .limit(limit)
    ).all()
