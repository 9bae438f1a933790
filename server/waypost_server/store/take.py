"""Take new events in: keys, log, usage, people, memberships, accounts and the day's counts.

On PostgreSQL all of it is one statement, because a round trip costs more than the work. On SQLite, where a
statement costs no trip, it is one statement a table. Both do the same; the tests compare them.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.store import bulk, take_postgres, take_sqlite
from waypost_server.store.take_rows import Batch, Row, Taken

__all__ = ["Batch", "Row", "Taken", "take"]


def take(session: Session, batch: Batch) -> Taken:
    """Store the events of `batch` whose key is new; fold them too, unless the batch says not to.

    Waits for a parallel batch that holds one of the keys. Locks the accounts touched, and the users that
    change or are marked `hold`, until the end of the transaction.
    """
    if bulk.is_sqlite(session.connection()):
        return take_sqlite.take(session, batch)
    return take_postgres.take(session, batch)
