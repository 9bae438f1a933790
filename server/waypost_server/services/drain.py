"""Do everything that is due: evaluate, advance, deliver, round and round until nothing is left or time is up.

Workspaces take turns, one batch each, so that a busy one cannot starve the others.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy.exc import DBAPIError, OperationalError

from waypost_server.services.advance_play import advance_due
from waypost_server.services.bulk_start import advance_bulk
from waypost_server.services.deliver import deliver_due
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.runtime import Runtime
from waypost_server.services.tend_tasks import follow_tasks
from waypost_server.store import bulk_starts, due

log = logging.getLogger("waypost.drain")
SECONDS = 45.0
_RETRIES = 5
ALONE = 50  # rows that come alone, before other work has its turn


def drain(runtime: Runtime, *, seconds: float = SECONDS, stop: Callable[[], bool] = lambda: False) -> int:
    """Work until nothing is due, `stop` says so, or `seconds` have passed; returns how many rows were claimed."""
    deadline = time.monotonic() + seconds
    total, failures = 0, 0
    while not stop() and time.monotonic() < deadline:
        try:
            claimed = one_round(runtime, stop=stop)
            tended = 0 if claimed else follow_tasks(runtime)  # last: all of a round at once
        except (OperationalError, DBAPIError) as error:
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
        claimed += _turn(partial(evaluate_due, runtime, workspace_id), stop)
    for workspace_id in sorted({*runs, *accounts, *bulks}):
        claimed += _turn(partial(advance_due, runtime, workspace_id), stop)
    for workspace_id in sorted({*messages, *runs, *accounts}):
        claimed += _turn(partial(deliver_due, runtime, workspace_id, stop=stop), stop)
    return claimed


def _turn(work: Callable[[], int], stop: Callable[[], bool]) -> int:
    """A batch. What a dead worker held comes first, row by row; then the next follows at once."""
    total = 0
    for _ in range(ALONE):
        claimed = 0 if stop() else work()
        total += claimed
        if claimed != 1:
            break
    return total
