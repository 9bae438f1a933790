"""Start a play for every account that satisfies a condition: in chunks, with progress, and a way to stop.

A chunk is one transaction that holds the bulk's row: it looks at the next accounts, starts the runs in one
statement and writes down how far it came. A worker that dies in the middle leaves the chunk undone, and the
next one begins it again; that no account is started twice is kept by the runs' own key.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

import msgspec
from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Condition
from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services.bulk_sift import Wanted, play_for_many, sift
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, bulk_starts
from waypost_server.store.tables import BulkStart

log = logging.getLogger("waypost.plays")
CHUNK = 1_000  # accounts looked at in one transaction
SECONDS = 5.0  # of chunks before other work has its turn


def begin_bulk(
    runtime: Runtime, workspace_id: str, play: str, condition: Condition, *, actor: str
) -> BulkStart:
    """Start `play` for the accounts of whom `condition` holds ({} = all); workers do it.

    Raises what `play_for_many` raises.
    """
    with runtime.db.write() as session:
        release, _ = play_for_many(session, runtime, workspace_id, play, condition)
        bulk_id, now = runtime.new_id(), runtime.clock()
        bulk_starts.put(
            session,
            {"workspace_id": workspace_id, "id": bulk_id, "play": play, "release": release.number,
             "condition": dict(condition), "actor": actor, "created_at": now},
        )  # fmt: skip
        entry = audit.Entry(
            runtime.new_id(), now, actor, "play.bulk_started", f"play:{play}", after={"condition": condition}
        )
        audit.append(session, workspace_id, entry)
        row = session.get_one(BulkStart, (workspace_id, bulk_id))
    runtime.doorbell.ring()
    return row


def stop_bulk(runtime: Runtime, workspace_id: str, bulk_id: str, *, actor: str) -> BulkStart:
    """Go no further. Runs that began stay; each can be stopped. Raises NotFoundError, ConflictError."""
    now = runtime.clock()
    with runtime.db.write() as session:
        stopped = bulk_starts.stop(session, workspace_id, bulk_id, now=now)
        row = bulk_starts.one(session, workspace_id, bulk_id)
        if row is None:
            raise NotFoundError("There is no such bulk start.")
        if not stopped:
            raise ConflictError("It has ended by now.", detail={"state": row.state})
        entry = audit.Entry(runtime.new_id(), now, actor, "play.bulk_stopped", f"play:{row.play}")
        audit.append(session, workspace_id, entry)
        session.refresh(row)
        return row


def advance_bulk(
    runtime: Runtime,
    workspace_id: str,
    *,
    bulk_id: str | None = None,
    stop: Callable[[], bool] = lambda: False,
    seconds: float = SECONDS,
) -> int:
    """Look at accounts for up to `seconds`; returns how many were looked at."""
    began, total = time.monotonic(), 0
    while not stop() and time.monotonic() - began < seconds:
        with runtime.db.write() as session:
            row = bulk_starts.hold(session, workspace_id, bulk_id)
            if row is None:
                break
            total += _chunk(session, runtime, row)
            runtime.fault("bulk.before_commit")
    return total


def _chunk(session: Session, runtime: Runtime, row: BulkStart) -> int:
    """The next accounts of a bulk whose row is locked."""
    accounts = bulk_starts.candidates(session, row.workspace_id, row.last_account, CHUNK)
    release = runtime.releases.pinned(session, row.workspace_id, row.release)
    wanted = Wanted(row.workspace_id, release, release.plays[row.play], row.condition, f"bulk:{row.id}")
    found = sift(session, runtime, wanted, accounts)
    cause = msgspec.json.encode({"kind": "bulk", "actor": row.actor, "bulk": row.id}).decode()
    runs = [(runtime.new_id(), each.id, each.motion or "") for each in found.chosen]
    row.started += bulk_starts.begin_runs(session, row, runs, cause=cause, now=runtime.clock())
    row.matched += found.matched
    row.looked_at += len(accounts)
    row.held = dict(Counter(row.held) + found.held)
    if accounts:
        row.last_account = accounts[-1].id
    if len(accounts) < CHUNK:
        row.state, row.ended_at = "done", runtime.clock()
        log.info("bulk.done", extra={"bulk": row.id, "started": row.started})
    return len(accounts)
