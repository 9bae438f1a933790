"""Copies what was stored beside the log, as it was at a moment, from the database into a scratch one.

What events changed afterwards is left out here: the log itself is played on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from waypost_server.store import past_values
from waypost_server.store.event_log import Whose
from waypost_server.store.tables import (
    Account,
    AccountPeers,
    ConsoleUser,
    Membership,
    NudgeGrant,
    Offer,
    Release,
    Signal,
    Task,
    TaskEvent,
    Touch,
    Workspace,
)

CLOSING = ("done", "dismissed")
SAID_LATER = ("shown_at", "closed_at", "reaction", "snoozed_until")  # of an offer: by reactions in the log
UNTOLD = (
    "owner", "segment", "motion", "adoption", "adoption_score", "unmet_behaviours", "next_step",
)  # fmt: skip


def accounts_of(session: Session, workspace_id: str, user_id: str) -> list[str]:
    """Every account the person was ever seen in."""
    return list(
        session.scalars(
            select(Membership.account_id).where(
                Membership.workspace_id == workspace_id, Membership.user_id == user_id
            )
        )
    )


def release_numbers(session: Session, workspace_id: str, at: datetime) -> list[tuple[int, datetime]]:
    """(number, published at) of what had been published by `at`, oldest first."""
    rows = session.execute(
        select(Release.number, Release.published_at)
        .where(Release.workspace_id == workspace_id, Release.published_at <= at)
        .order_by(Release.number)
    )
    return [(row.number, row.published_at) for row in rows]


def copy_before_log(
    session: Session, scratch: Session, workspace_id: str, whose: Whose, at: datetime
) -> None:
    """The workspace and the offers claimed by then, as nobody had reacted to them yet."""
    _put(scratch, Workspace, _rows(session, Workspace, Workspace.id == workspace_id))
    _put(scratch, ConsoleUser, _rows(session, ConsoleUser, ConsoleUser.workspace_id == workspace_id))
    offers = _rows(
        session,
        Offer,
        Offer.workspace_id == workspace_id,
        Offer.claimed_at <= at,
        or_(Offer.user_id == whose.user_id, Offer.account_id.in_(whose.account_ids)),
    )
    fresh = {**dict.fromkeys(SAID_LATER), "state": "claimed"}
    _put(scratch, Offer, [{**offer, **fresh} for offer in offers])
    _put(scratch, Touch, [_touch(offer) for offer in offers])


def copy_after_log(session: Session, scratch: Session, workspace_id: str, whose: Whose, at: datetime) -> None:
    """What people and rules decided: other touches, signals, grants, muting tasks, motions and owners."""
    _put(scratch, Touch, _touches(session, workspace_id, whose, at))
    for account_id in whose.account_ids:
        _of_account(session, scratch, workspace_id, account_id, at)


def _of_account(session: Session, scratch: Session, workspace_id: str, account_id: str, at: datetime) -> None:
    changed = past_values.as_of(session, workspace_id, account_id, at)
    _put(scratch, Signal, _signals(session, workspace_id, account_id, at, changed))
    _put(scratch, Task, _tasks(session, workspace_id, account_id, at))
    _put(
        scratch,
        NudgeGrant,
        _rows(
            session,
            NudgeGrant,
            NudgeGrant.workspace_id == workspace_id,
            NudgeGrant.account_id == account_id,
            or_(NudgeGrant.granted_at <= at, NudgeGrant.granted_at.is_(None)),
        ),
    )
    account, peers = _account(session, workspace_id, account_id)
    if peers is not None:
        _put(
            scratch,
            AccountPeers,
            [{column.key: getattr(peers, column.key) for column in AccountPeers.__table__.columns}],
        )
    then = scratch.get(Account, (workspace_id, account_id))
    if account is not None and then is not None:
        subject = f"{past_values.ACCOUNT}:{account_id}"
        for field in UNTOLD:
            setattr(then, field, changed.get((subject, field), getattr(account, field)))


def _account(
    session: Session, workspace_id: str, account_id: str
) -> tuple[Account | None, AccountPeers | None]:
    """The account with what its peers do, as both are today."""
    row = session.execute(
        select(Account, AccountPeers)
        .outerjoin(
            AccountPeers,
            (AccountPeers.workspace_id == Account.workspace_id) & (AccountPeers.account_id == Account.id),
        )
        .where(Account.workspace_id == workspace_id, Account.id == account_id)
    ).one_or_none()
    return (row[0], row[1]) if row else (None, None)


def _touches(session: Session, workspace_id: str, whose: Whose, at: datetime) -> list[dict[str, Any]]:
    return _rows(
        session,
        Touch,
        Touch.workspace_id == workspace_id,
        Touch.at <= at,
        Touch.id.not_like("offer:%"),  # those follow from the offers
        or_(Touch.user_id == whose.user_id, Touch.account_id.in_(whose.account_ids)),
    )


def _signals(
    session: Session, workspace_id: str, account_id: str, at: datetime, changed: dict[tuple[str, str], Any]
) -> list[dict[str, Any]]:
    rows = _rows(
        session,
        Signal,
        Signal.workspace_id == workspace_id,
        Signal.account_id == account_id,
        Signal.opened_at <= at,
    )
    for row in rows:
        if row["closed_at"] is not None and row["closed_at"] > at:
            row |= {"state": "open", "closed_at": None, "closed_reason": None}
        subject = f"{past_values.SIGNAL}:{row['id']}"
        row["severity"] = changed.get((subject, "severity"), row["severity"])
    return rows


def _tasks(session: Session, workspace_id: str, account_id: str, at: datetime) -> list[dict[str, Any]]:
    """Open or not by the last thing that had happened to each."""
    rows = _rows(
        session,
        Task,
        Task.workspace_id == workspace_id,
        Task.account_id == account_id,
        Task.created_at <= at,
    )
    last = (
        select(TaskEvent.task_id, func.max(TaskEvent.id).label("id"))
        .where(
            TaskEvent.workspace_id == workspace_id,
            TaskEvent.task_id.in_([row["id"] for row in rows]),
            TaskEvent.at <= at,
            TaskEvent.kind.in_((*CLOSING, "reopened")),
        )
        .group_by(TaskEvent.task_id)
        .subquery()
    )
    told = select(TaskEvent).where(TaskEvent.workspace_id == workspace_id, TaskEvent.id == last.c.id)
    ended = {each.task_id: each.kind for each in session.scalars(told)}
    for row in rows:
        row["state"] = "done" if ended.get(row["id"]) in CLOSING else "open"
    return rows


def _touch(offer: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: offer[name] for name in ("workspace_id", "account_id", "user_id", "kind")},
        "id": f"offer:{offer['id']}",
        "channel": "in_app",
        "at": offer["claimed_at"],
    }


def _rows(session: Session, table: Any, *where: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(select(table.__table__).where(*where)).mappings()]


def _put(scratch: Session, table: Any, rows: Sequence[dict[str, Any]] | Iterable[dict[str, Any]]) -> None:
    rows = list(rows)
    if rows:
        scratch.execute(insert(table), rows)
