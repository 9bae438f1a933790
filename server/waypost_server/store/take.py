"""Take new events in: keys, log, usage, people, memberships, accounts and the day's counts.

First the keys, which says what is new; then the sums of what is new, made here. On PostgreSQL those are two
statements, because a round trip costs more than the work. On SQLite, where a statement costs no trip, it is
one statement a table. Both do the same; the tests compare them.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.store import bulk, take_postgres, take_sqlite
from waypost_server.store.take_rows import Batch, Row, Taken
from waypost_server.store.take_sums import Sums, sums_of

__all__ = ["Batch", "Row", "Taken", "take"]


def take(session: Session, batch: Batch) -> Taken:
    """Store the events of `batch` whose key is new; fold them too, unless the batch says not to.

    Waits for a parallel batch that holds one of the keys. Locks the accounts touched, and the users that
    change or are marked `hold`, until the end of the transaction.
    """
    database = take_sqlite if bulk.is_sqlite(session.connection()) else take_postgres
    ids = [row.message_id for row in batch.rows]
    new = database.keep_new(session, batch.workspace_id, ids, batch.received_at)
    fresh = batch.rows if len(new) == len(ids) else tuple(row for row in batch.rows if row.message_id in new)
    sums = sums_of(fresh, batch.trust) if batch.folds else Sums()
    totals = database.put(session, batch, fresh, sums)
    wanted = frozenset(batch.milestone_features)
    added = tuple(row for row in sums.totals if row.feature in wanted)
    return Taken(frozenset(new), added, tuple(row for row in totals if row.feature in wanted))
