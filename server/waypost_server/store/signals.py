"""Signals: what was noticed about an account, open or closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from waypost_server.store.tables import Signal
from waypost_server.store.written import written


class Recent(NamedTuple):
    """What is known of a signal when its account is looked at again."""

    id: str
    account_id: str
    kind: str
    dedupe_key: str
    state: str
    opened_at: datetime
    evidence: dict[str, Any]


def recent(
    session: Session, workspace_id: str, accounts: Collection[str], *, since: datetime
) -> dict[str, list[Recent]]:
    """Account → its open signals and those opened since a time, oldest first."""
    columns = (getattr(Signal, name) for name in Recent._fields)
    found: dict[str, list[Recent]] = {}
    for row in session.execute(
        select(*columns)
        .where(
            Signal.workspace_id == workspace_id,
            Signal.account_id.in_(accounts),
            or_(Signal.state == "open", Signal.opened_at >= since),
        )
        .order_by(Signal.opened_at, Signal.id)
    ):
        found.setdefault(row.account_id, []).append(Recent(*row))
    return found


def by_id(session: Session, workspace_id: str, ids: Collection[str]) -> dict[str, Signal]:
    """Signals by their ids."""
    if not ids:
        return {}
    rows = session.scalars(select(Signal).where(Signal.workspace_id == workspace_id, Signal.id.in_(ids)))
    return {row.id: row for row in rows}


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Open signals; the caller holds the accounts' claims, so no other worker opens the same ones."""
    if rows:
        session.execute(insert(Signal), [dict(each) for each in rows])


def close(session: Session, workspace_id: str, signal_id: str, *, reason: str, now: datetime) -> bool:
    """Close an open signal; False when it was closed before."""
    return bool(
        written(
            session,
            update(Signal)
            .where(Signal.workspace_id == workspace_id, Signal.id == signal_id, Signal.state == "open")
            .values(state="closed", closed_at=now, closed_reason=reason),
        )
    )


def handle(session: Session, workspace_id: str, signal_id: str, *, handling: str, reason: str) -> None:
    """Note what is being done about a signal, and when nothing is, why."""
    session.execute(
        update(Signal)
        .where(Signal.workspace_id == workspace_id, Signal.id == signal_id)
        .values(handling=handling, handling_reason=reason)
    )


def refresh(
    session: Session, workspace_id: str, signal_id: str, *, severity: float, evidence: Mapping[str, Any]
) -> None:
    """Newer evidence for an open signal."""
    session.execute(
        update(Signal)
        .where(Signal.workspace_id == workspace_id, Signal.id == signal_id, Signal.state == "open")
        .values(severity=severity, evidence=dict(evidence))
    )
