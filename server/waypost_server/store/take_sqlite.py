"""Take events in on SQLite: one statement a table. The caller holds the write lock."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from waypost_server.store import accounts_fold, end_users, events, ingest_days, memberships, usage
from waypost_server.store.events import keep_new
from waypost_server.store.take_rows import Batch, Row
from waypost_server.store.take_sums import Sums
from waypost_server.store.usage import TotalRow

__all__ = ["keep_new", "put"]


def put(session: Session, batch: Batch, fresh: Sequence[Row], sums: Sums) -> list[TotalRow]:
    """Append `fresh` to the log and add its sums; the totals as they stand now."""
    workspace_id = batch.workspace_id
    counts = ingest_days.Counts(len(fresh), batch.duplicate + len(batch.rows) - len(fresh), batch.quarantined)
    ingest_days.add(session, workspace_id, batch.received_day, counts, shard=batch.shard)
    if fresh:
        events.append(session, workspace_id, fresh, received_at=batch.received_at, trust=batch.trust)
    totals: list[TotalRow] = []
    if sums.days:
        usage.add_days(session, workspace_id, sums.days)
        totals = usage.add_totals(session, workspace_id, sums.totals, batch.milestone_features)
    if sums.people:
        end_users.see(session, workspace_id, sums.people)
    if sums.members:
        memberships.see(session, workspace_id, sums.members)
    if sums.accounts:
        accounts_fold.touch(session, workspace_id, sums.accounts)
    return totals
