"""Take events in on SQLite: one statement a table, from sums made here. The caller holds the write lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy.orm import Session

from waypost_server.store import accounts_fold, end_users, events, ingest_days, memberships, usage
from waypost_server.store.take_rows import Batch, Row, Taken, tally
from waypost_server.store.usage import TotalRow

Spans = dict[str, tuple[date, date]]


def take(session: Session, batch: Batch) -> Taken:
    """See `store.take.take`."""
    ids = [row.message_id for row in batch.rows]
    new = events.keep_new(session, batch.workspace_id, ids, batch.received_at)
    fresh = [row for row in batch.rows if row.message_id in new]
    counts = ingest_days.Counts(len(fresh), batch.duplicate + len(ids) - len(fresh), batch.quarantined)
    ingest_days.add(session, batch.workspace_id, batch.received_day, counts, shard=batch.shard)
    if not fresh:
        return Taken(frozenset())
    events.append(session, batch.workspace_id, fresh, received_at=batch.received_at, trust=batch.trust)
    added, totals = _fold(session, batch, fresh) if batch.folds else ([], [])
    return Taken(frozenset(new), tuple(added), tuple(totals))


def _fold(session: Session, batch: Batch, fresh: Sequence[Row]) -> tuple[list[TotalRow], list[TotalRow]]:
    workspace_id = batch.workspace_id
    days, sums = tally(fresh)
    totals: list[TotalRow] = []
    if days:
        usage.add_days(session, workspace_id, days)
        totals = usage.add_totals(session, workspace_id, sums, batch.milestone_features)
    _see_people(session, workspace_id, batch.trust, [row for row in fresh if row.user_id])
    _see_members(session, workspace_id, [row for row in fresh if row.user_id and row.account_id])
    touched = _spans((row.account_id, row.day) for row in fresh if row.account_id)
    if touched:
        seen = [accounts_fold.Seen(account_id, *span) for account_id, span in touched.items()]
        accounts_fold.touch(session, workspace_id, seen)
    return [row for row in sums if row.feature in batch.milestone_features], totals


def _spans(pairs: Iterable[tuple[str, date]]) -> Spans:
    spans: Spans = {}
    for subject, day in pairs:
        if subject in spans:
            first, last = spans[subject]
            if not first <= day <= last:
                spans[subject] = (min(first, day), max(last, day))
        else:
            spans[subject] = (day, day)
    return spans


def _see_people(session: Session, workspace_id: str, trust: str, rows: Sequence[Row]) -> None:
    spans = _spans((row.user_id, row.day) for row in rows)
    if spans:
        seen = [end_users.Seen(user_id, trust, *span) for user_id, span in spans.items()]
        end_users.see(session, workspace_id, seen)


def _see_members(session: Session, workspace_id: str, rows: Sequence[Row]) -> None:
    seen: dict[tuple[str, str], memberships.Seen] = {}
    for row in rows:
        pair = (row.account_id, row.user_id)
        seen[pair] = _widened(seen.get(pair), row)
    if seen:
        memberships.see(session, workspace_id, seen.values())


def _widened(seen: memberships.Seen | None, row: Row) -> memberships.Seen:
    if seen is None:
        return memberships.Seen(row.account_id, row.user_id, row.role, row.role_at, row.day, row.day)
    if row.role_at is None and seen.first_day <= row.day <= seen.last_day:
        return seen
    later = (row.role_at or "") > (seen.role_at or "")
    return memberships.Seen(
        row.account_id,
        row.user_id,
        row.role if later else seen.role,
        row.role_at if later else seen.role_at,
        min(seen.first_day, row.day),
        max(seen.last_day, row.day),
    )
