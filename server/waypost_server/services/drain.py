"""Do everything that is due: evaluate, advance, deliver, round and round until nothing is left or time is up.

Workspaces take turns, one batch each, so that a busy one cannot starve the others.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from waypost_server.services.advance_play import advance_due
from waypost_server.services.bulk_start import advance_bulk
from waypost_server.services.deliver import deliver_due
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.outage import take_back_counts
from waypost_server.services.runtime import Runtime
from waypost_server.services.take_up import take_up
from waypost_server.services.tend_tasks import follow_tasks
from waypost_server.store import bulk_starts, due

log = logging.getLogger("waypost.drain")
SECONDS = 45.0
_RETRIES = 5
TAKE_UP_SECONDS = 10.0  # between two looks for what dead workers held


def drain(runtime: Runtime, *, seconds: float = SECONDS, stop: Callable[[], bool] = lambda: False) -> int:
    """Work until nothing is due, `stop` says so, or `seconds` have passed; returns how many rows were claimed."""
    deadline, look_at = time.monotonic() + seconds, 0.0
    total, failures = 0, 0
    while not stop() and time.monotonic() < deadline:
        try:
            take_back_counts(runtime)
            if time.monotonic() >= look_at:
                total += take_up(runtime, stop=stop)
                look_at = time.monotonic() + TAKE_UP_SECONDS
            claimed = one_round(runtime, stop=stop)
            tended = 0 if claimed else follow_tasks(runtime)  # last: all of a round at once
        except DBAPIError as error:
            # A deadlock or a busy SQLite: the transaction is rolled back, the rows are still due.
            failures += 1
            log.warning("drain.retry", extra={"error": type(error).__name__})
            if failures >= _RETRIES:
                raise
            continue
        if not claimed and not tended:
            break
        total += claimed
    return total


def one_round(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """One batch of each kind of work for every workspace that has some."""
    claimed, now = 0, runtime.clock()
    with runtime.db.read() as session:
        bulks = bulk_starts.workspaces(session)
        accounts = due.workspaces_with_due_accounts(session, now)
        runs = due.workspaces_with_due_runs(session, now)
        messages = due.workspaces_with_due_deliveries(session, now)
    for workspace_id in bulks:
        claimed += advance_bulk(runtime, workspace_id, stop=stop)
    for workspace_id in accounts:
        if not stop():
            claimed += evaluate_due(runtime, workspace_id)
    for workspace_id in sorted({*runs, *accounts, *bulks}):
        if not stop():
            claimed += advance_due(runtime, workspace_id)
    for workspace_id in sorted({*messages, *runs, *accounts}):
        if not stop():
            claimed += deliver_due(runtime, workspace_id, stop=stop)
    return claimed
