"""What a value was before it changed, for values that no event of the product tells.

The value at a moment is the one kept by the first change after it; without such a change, today's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.tables import PastValue, Signal

ACCOUNT = "account"
SIGNAL = "signal"
WAS = bulk.columns("account_id, subject, field, before")
PUT = """
insert into past_value (workspace_id, account_id, subject, field, at, before)
select {0}, r.account_id, r.subject, r.field, {1}, %s from {rows} where true
on conflict do nothing
"""


def keep(
    session: Session, workspace_id: str, account_id: str, before: Mapping[str, Any], *, at: datetime
) -> None:
    """Note what fields of an account were until `at`. The caller holds the account's row."""
    keep_all(session, workspace_id, {account_id: before}, at=at)


def keep_all(
    session: Session, workspace_id: str, before: Mapping[str, Mapping[str, Any]], *, at: datetime
) -> None:
    """The same of many accounts, by their ids, in one statement."""
    rows = [
        (account_id, f"{ACCOUNT}:{account_id}", field, json.dumps({"value": value}))
        for account_id, values in sorted(before.items())
        for field, value in values.items()
    ]
    _put(session, workspace_id, rows, at)


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
        was = json.dumps({"value": row.severity})
        _put(session, workspace_id, [(row.account_id, f"{SIGNAL}:{signal_id}", "severity", was)], at)


def _put(
    session: Session, workspace_id: str, rows: Sequence[tuple[str, str, str, str]], at: datetime
) -> None:
    if rows:
        document = "r.before" if bulk.is_sqlite(session.connection()) else "r.before::jsonb"
        bulk.run(session, PUT.replace("%s", document), WAS, rows, (workspace_id, at))


def as_of(session: Session, workspace_id: str, account_id: str, at: datetime) -> dict[tuple[str, str], Any]:
    """(subject, field) → the value at `at`, of everything about this account that changed later."""
    rows = session.execute(
        select(PastValue.subject, PastValue.field, PastValue.before)
        .where(PastValue.workspace_id == workspace_id, PastValue.account_id == account_id, PastValue.at > at)
        .order_by(PastValue.at.desc())
    )
    return {(subject, field): before["value"] for subject, field, before in rows}
