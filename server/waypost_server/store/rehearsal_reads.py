"""What a rehearsal left behind in its scratch database, counted. The database is SQLite, always."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, ConsoleUser, Delivery, Offer, PlayRun, Signal, Task, Touch

Moments = list[tuple[Any, ...]]


def shown(scratch: Session, since: datetime) -> Moments:
    """(when, nudge, user, account) of every nudge shown."""
    columns = select(Offer.claimed_at, Offer.nudge, Offer.user_id, Offer.account_id)
    return _all(scratch.execute(columns.where(Offer.claimed_at >= since)))


def sent(scratch: Session, since: datetime) -> Moments:
    """(when, play, template, channel, account's motion) of every message that would have left."""
    return _all(
        scratch.execute(
            select(Delivery.ended_at, Delivery.play, Delivery.template, Delivery.channel, Account.motion)
            .join(
                Account, (Account.workspace_id == Delivery.workspace_id) & (Account.id == Delivery.account_id)
            )
            .where(Delivery.created_at >= since, Delivery.state == "sent")
        )
    )


def unsent(scratch: Session, since: datetime) -> Moments:
    """(state, reason, how many) of messages that would not, or not yet, have left."""
    return _all(
        scratch.execute(
            select(Delivery.state, Delivery.reason, func.count())
            .where(Delivery.created_at >= since, Delivery.state != "sent")
            .group_by(Delivery.state, Delivery.reason)
            .order_by(func.count().desc())
        )
    )


def tasks(scratch: Session, since: datetime) -> Moments:
    """(when, owner's name or None, play) of every task made."""
    return _all(
        scratch.execute(
            select(Task.created_at, ConsoleUser.name, Task.play)
            .outerjoin(
                ConsoleUser,
                (ConsoleUser.workspace_id == Task.workspace_id) & (ConsoleUser.id == Task.owner),
            )
            .where(Task.created_at >= since)
        )
    )


def runs(scratch: Session, since: datetime) -> Moments:
    """(play, motion, how many) of the runs started."""
    return _all(
        scratch.execute(
            select(PlayRun.play, PlayRun.motion, func.count())
            .where(PlayRun.started_at >= since)
            .group_by(PlayRun.play, PlayRun.motion)
            .order_by(PlayRun.play, PlayRun.motion)
        )
    )


def signals(scratch: Session, since: datetime) -> Moments:
    """(kind, how it was answered, how many) of the signals opened."""
    return _all(
        scratch.execute(
            select(Signal.kind, Signal.handling, func.count())
            .where(Signal.opened_at >= since)
            .group_by(Signal.kind, Signal.handling)
            .order_by(Signal.kind, Signal.handling)
        )
    )


def touches(scratch: Session, since: datetime) -> Moments:
    """(user, when) of everything that spent a person's attention."""
    return _all(
        scratch.execute(
            select(Touch.user_id, Touch.at).where(
                Touch.at >= since, Touch.user_id != "", Touch.kind != "transactional"
            )
        )
    )


def _all(found: Any) -> Moments:
    return [tuple(row) for row in found]
