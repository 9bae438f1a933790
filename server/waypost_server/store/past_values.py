"""What a value was before it changed, for values that no event of the product tells.

The value at a moment is the one kept by the first change after it; without such a change, today's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import PastValue, Signal

ACCOUNT = "account"
SIGNAL = "signal"


def keep(
    session: Session, workspace_id: str, account_id: str, before: Mapping[str, Any], *, at: datetime
) -> None:
    """Note what fields of an account were until `at`. The caller holds the account's row."""
    for field, value in before.items():
        _put(session, workspace_id, account_id, f"{ACCOUNT}:{account_id}", field, value, at)


def keep_severity(
    session: Session, workspace_id: str, signal_id: str, *, severity: float, at: datetime
) -> None:
    """Note how severe a signal was until `at`, if it becomes something else."""
    row = session.execute(
        select(Signal.account_id, Signal.severity).where(
            Signal.workspace_id == workspace_id, Signal.id == signal_id, Signal.state == "open"
        )
    ).one_or_none()
    if row is not None and row.severity != severity:
        _put(session, workspace_id, row.account_id, f"{SIGNAL}:{signal_id}", "severity", row.severity, at)


def _put(
    session: Session, workspace_id: str, account_id: str, subject: str, field: str, value: Any, at: datetime
) -> None:
    values = {"workspace_id": workspace_id, "account_id": account_id, "subject": subject, "field": field}
    insert_new(session, PastValue, {**values, "at": at, "before": {"value": value}})


def as_of(session: Session, workspace_id: str, account_id: str, at: datetime) -> dict[tuple[str, str], Any]:
    """(subject, field) → the value at `at`, of everything about this account that changed later."""
    rows = session.execute(
        select(PastValue.subject, PastValue.field, PastValue.before)
        .where(PastValue.workspace_id == workspace_id, PastValue.account_id == account_id, PastValue.at > at)
        .order_by(PastValue.at.desc())
    )
    return {(subject, field): before["value"] for subject, field, before in rows}
