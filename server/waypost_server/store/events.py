"""The event log and its dedupe keys on SQLite; PostgreSQL does both in `store.take_postgres`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.take_rows import Row

KEY = bulk.columns("message_id")
KEEP = """
insert into event_key (workspace_id, received_at, message_id)
select {0}, {1}, r.message_id from {rows} where true
on conflict (workspace_id, message_id) do nothing
returning message_id
"""
LINE = bulk.columns("account_id, user_id, message_id, type, name, feature, ts timestamptz, body")
APPEND = """
insert into event
  (workspace_id, account_id, user_id, message_id, type, name, feature, ts, received_at, trust, body)
select {0}, r.account_id, r.user_id, r.message_id, r.type, r.name, r.feature, r.ts, {1}, {2}, r.body
from {rows} where true
"""


def keep_new(
    session: Session, workspace_id: str, message_ids: Sequence[str], received_at: datetime
) -> set[str]:
    """Store the keys that are new and return them. The caller holds the write lock."""
    keys = [(each,) for each in message_ids]
    return {row[0] for row in bulk.run(session, KEEP, KEY, keys, (workspace_id, received_at))}


def append(
    session: Session, workspace_id: str, rows: Sequence[Row], *, received_at: datetime, trust: str
) -> None:
    """Append to the log."""
    lines = [
        (row.account_id, row.user_id, row.message_id, row.type, row.name, row.feature, row.ts, row.body)
        for row in rows
    ]
    bulk.run(session, APPEND, LINE, lines, (workspace_id, received_at, trust))
