"""An outage of the database is no fault of what was being worked on: it does not bring it nearer to being parked.

A claim is counted when it is made, and the database cannot be told while it is away. So the process remembers
what it held, and takes the count back as soon as the database answers. The first count stays: from then on
the row is claimed alone, so that one which is at fault after all takes no neighbours down.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from waypost_server.services.retry import AGAIN
from waypost_server.services.runtime import Runtime
from waypost_server.store import due
from waypost_server.store.due import Claimed

SQLITE = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    )
)
AWAY = ("08", "57P", "53300")  # PostgreSQL: connection lost, shut down or starting, too many connections


@contextmanager
def spared(runtime: Runtime, rows: Sequence[due.Row]) -> Iterator[None]:
    """Work on claimed rows. If the database goes away meanwhile, it is remembered, and raised as it is."""
    try:
        yield
    except OperationalError as error:
        if is_outage(error):
            again = [row for row in rows if row.claims > 1]
            runtime.interrupted.extend(Claimed(type(row), row.workspace_id, row.id) for row in again)
        raise


def take_back_counts(runtime: Runtime) -> None:
    """Before anything is claimed: what outages have ended since is not counted."""
    found = tuple(runtime.interrupted)
    if not found:
        return
    with runtime.db.write() as session:
        for claimed in found:
            due.uncount(session, claimed)
    del runtime.interrupted[: len(found)]


def is_outage(error: OperationalError) -> bool:
    """Whether the database was away, full or busy, rather than a statement too much for it."""
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF in SQLITE
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state in AGAIN or state.startswith(AWAY)
