"""The delivery ledger. Every write says which state and which fence it expects; no match, no effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from waypost_server.store.open_deliveries import is_open
from waypost_server.store.play_runs import insert_each_new, insert_new
from waypost_server.store.tables import Attempt, Delivery, Touch
from waypost_server.store.written import written

PARKED = "parked: its worker died five times"


def put(session: Session, values: Mapping[str, Any]) -> bool:
    """Add a delivery unless its dedupe key is known; True when it is new."""
    return insert_new(session, Delivery, values)


def find(session: Session, workspace_id: str, delivery_id: str) -> Delivery | None:
    """One delivery."""
    return session.get(Delivery, (workspace_id, delivery_id))


def hold(session: Session, workspace_id: str, delivery_id: str) -> Delivery | None:
    """One delivery, locked until the commit."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.workspace_id == workspace_id, Delivery.id == delivery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def move(
    session: Session,
    workspace_id: str,
    delivery_id: str,
    *,
    fence: str,
    phase: str | None = None,
    values: Mapping[str, Any],
) -> bool:
    """Change a delivery that is being sent under this fence; False when it is not ours any more."""
    query = update(Delivery).where(
        Delivery.workspace_id == workspace_id,
        Delivery.id == delivery_id,
        Delivery.fence == fence,
        Delivery.state == "sending",
    )
    if phase is not None:
        query = query.where(Delivery.phase == phase)
    return bool(written(session, query.values(**values).execution_options(synchronize_session=False)))


def add_attempt(
    session: Session, workspace_id: str, delivery_id: str, *, n: int, at: datetime, outcome: str, detail: str
) -> None:
    """Note one try."""
    session.execute(
        insert(Attempt).values(
            workspace_id=workspace_id,
            delivery_id=delivery_id,
            n=n,
            at=at,
            outcome=outcome,
            detail=detail[:500],
        )
    )


def reserve_touches(session: Session, touches: Sequence[Mapping[str, Any]]) -> None:
    """Spend slots of the budget before sending, so that two workers cannot spend the same one."""
    if touches:
        insert_each_new(session, Touch, touches)


def return_touch(session: Session, workspace_id: str, delivery_id: str) -> None:
    """Nothing was sent: the slot is free again."""
    session.execute(
        delete(Touch).where(Touch.workspace_id == workspace_id, Touch.id == f"delivery:{delivery_id}")
    )


def send_again(
    session: Session, workspace_id: str, delivery_id: str, *, was: str, now: datetime, expires_at: datetime
) -> bool:
    """Back to the beginning, if it is still as it `was`; its tries stay in the ledger, their ladder begins anew."""
    return bool(
        written(
            session,
            update(Delivery)
            .where(Delivery.workspace_id == workspace_id, Delivery.id == delivery_id, Delivery.state == was)
            .values(
                state="pending",
                phase="",
                reason="a person sends it again",
                claims=0,
                tries_before=Delivery.attempts,
                not_before=now,
                expires_at=expires_at,
                ended_at=None,
            )
            .execution_options(synchronize_session=False),
        )
    )


def recover_expired(session: Session, *, now: datetime) -> tuple[int, int]:
    """Take back what dead workers held: (to pending, to unknown). Before the commit point nothing has left
    the building; after it nobody can know, so it is for a person to look at."""
    expired = (is_open(), Delivery.state == "sending", Delivery.lease_until <= now)
    free = {"lease_until": None, "fence": None}
    silent = {"synchronize_session": False}
    unknown = written(
        session,
        update(Delivery)
        .where(*expired, Delivery.phase == "commit_point")
        .values(
            state="unknown",
            phase="",
            reason="the worker died after the message was handed over",
            ended_at=now,
            attempts=Delivery.attempts + 1,
            **free,
        )
        .execution_options(**silent),
    )
    back = written(
        session,
        update(Delivery)
        .where(*expired, Delivery.phase == "pre")
        .values(state="pending", phase="", **free)
        .execution_options(**silent),
    )
    parked = (is_open(), Delivery.state == "pending", Delivery.claims >= 5)
    session.execute(
        update(Delivery)
        .where(*parked)
        .values(state="failed", reason=PARKED, ended_at=now)
        .execution_options(**silent)
    )
    return back, unknown


def expire_old(session: Session, *, now: datetime) -> int:
    """End what waited too long, also while sending is switched off."""
    ended = update(Delivery).where(
        is_open(), Delivery.state == "pending", Delivery.not_before <= now, Delivery.expires_at <= now
    )
    return int(
        written(
            session, ended.values(state="expired", ended_at=now).execution_options(synchronize_session=False)
        )
    )


def look_again(session: Session, workspace_id: str, *, run_id: str, now: datetime) -> None:
    """Check what a run has queued at once, not when its time comes: what held it back is over."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.run_id == run_id,
            Delivery.state == "pending",
            Delivery.not_before > now,
        )
        .values(not_before=now)
        .execution_options(synchronize_session=False)
    )


def release_held(session: Session, workspace_id: str, *, reason: str, play: str = "", now: datetime) -> None:
    """What waits for this reason is due now. '' stands for every workspace, and for every play."""
    waiting = update(Delivery).where(is_open(), Delivery.state == "pending", Delivery.reason == reason)
    if workspace_id:
        waiting = waiting.where(Delivery.workspace_id == workspace_id)
    if play:
        waiting = waiting.where(Delivery.play == play)
    session.execute(waiting.values(not_before=now).execution_options(synchronize_session=False))


def end_waiting(session: Session, workspace_id: str, *, until: datetime, reason: str, now: datetime) -> int:
    """End what has waited since `until` or longer, also for an approver; how many. '' is every workspace."""
    waiting = update(Delivery).where(
        Delivery.state.in_(("pending", "awaiting_approval")), Delivery.created_at <= until
    )
    if workspace_id:
        waiting = waiting.where(Delivery.workspace_id == workspace_id)
    values = {"state": "cancelled", "reason": reason, "ended_at": now}
    return written(session, waiting.values(**values).execution_options(synchronize_session=False))


def cancel_unsent(
    session: Session, workspace_id: str, delivery_id: str, *, reason: str, now: datetime
) -> bool:
    """End one that no worker has begun to send; False when it is too late."""
    return bool(
        written(
            session,
            update(Delivery)
            .where(
                Delivery.workspace_id == workspace_id, Delivery.id == delivery_id, Delivery.state == "pending"
            )
            .values(state="cancelled", reason=reason, ended_at=now)
            .execution_options(synchronize_session=False),
        )
    )


def cancel_pending(session: Session, workspace_id: str, *, run_id: str, reason: str, now: datetime) -> None:
    """End what a run has queued and no worker has begun to send."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.run_id == run_id,
            Delivery.state.in_(("pending", "awaiting_approval")),
        )
        .values(state="cancelled", reason=reason, ended_at=now)
        .execution_options(synchronize_session=False)
    )
