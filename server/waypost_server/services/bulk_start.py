"""Start a play for every account that satisfies a condition: in chunks, with progress, and a way to stop.

A chunk is one transaction that holds the bulk's row: it looks at the next accounts, starts the runs in one
statement and writes down how far it came. A worker that dies in the middle leaves the chunk undone, and the
next one begins it again; that no account is started twice is kept by the runs' own key.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from waypost_server.domain.conditions import compile_condition
from waypost_server.domain.definitions import Condition, Play
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.audience import condition_of
from waypost_server.services.begin_run import Beginning, mismatch, no_more, paused
from waypost_server.services.compiled_conditions import compiled
from waypost_server.services.population import Population
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, bulk_starts, play_starts
from waypost_server.store.bulk_starts import Candidate
from waypost_server.store.tables import BulkStart

log = logging.getLogger("waypost.plays")
CHUNK = 1_000  # accounts looked at in one transaction
SECONDS = 5.0  # of chunks before other work has its turn
ACCOUNT_FACTS = ("account", "account_usage", "role_usage", "milestone", "signal")


def begin_bulk(
    runtime: Runtime, workspace_id: str, play: str, condition: Condition, *, actor: str
) -> BulkStart:
    """Start `play` for the accounts of whom `condition` holds ({} = all); workers do it.

    Raises NotFoundError for a play that is not published, ConflictError for one that its definition pauses,
    BadInputError for a play about users and for facts
    that no account has, ConditionError.
    """
    with runtime.db.write() as session:
        release = runtime.releases.live(session, workspace_id)
        found = release.plays.get(play) if release else None
        if release is None or found is None:
            raise NotFoundError("There is no such play.")
        _check(release, found, condition)
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


def _check(release: LiveRelease, play: Play, condition: Condition) -> None:
    if play.is_paused:
        raise ConflictError(paused(play), code="play_state")
    if play.subject == "user":
        raise BadInputError(
            f"{play.title} is about users; start it from a user's page.", code="play_of_users"
        )
    paths = compile_condition(condition_of(release, condition, None)).paths
    for path in sorted(paths):
        if path.partition(".")[0] not in ACCOUNT_FACTS:
            raise BadInputError(f"{path} is no fact of an account.", code="fact_scope")


def _chunk(session: Session, runtime: Runtime, row: BulkStart) -> int:
    """The next accounts of a bulk whose row is locked."""
    accounts = bulk_starts.candidates(session, row.workspace_id, row.last_account, CHUNK)
    release = runtime.releases.pinned(session, row.workspace_id, row.release)
    held: Counter[str] = Counter(row.held)
    chosen = _chosen(session, runtime, release, row, accounts, held)
    cause = msgspec.json.encode({"kind": "bulk", "actor": row.actor, "bulk": row.id}).decode()
    runs = [(runtime.new_id(), each.id, each.motion or "") for each in chosen]
    row.started += bulk_starts.begin_runs(session, row, runs, cause=cause, now=runtime.clock())
    row.looked_at += len(accounts)
    row.held = dict(held)
    if accounts:
        row.last_account = accounts[-1].id
    if len(accounts) < CHUNK:
        row.state, row.ended_at = "done", runtime.clock()
        log.info("bulk.done", extra={"bulk": row.id, "started": row.started})
    return len(accounts)


def _chosen(
    session: Session,
    runtime: Runtime,
    release: LiveRelease,
    row: BulkStart,
    accounts: Sequence[Candidate],
    held: Counter[str],
) -> list[Candidate]:
    """Those of whom the condition holds and for whom the play may start; reasons against it are counted."""
    play, condition = release.plays[row.play], compile_condition(row.condition)
    paths = condition.paths | compiled(play.audience).paths
    facts: Mapping[str, Mapping[str, Any]] = {}
    ids = [each.id for each in accounts]
    if paths:
        people = Population(session, runtime, row.workspace_id, release)
        facts = people.account_facts(ids, paths)
    starts = play_starts.of_accounts(session, row.workspace_id, ids, {play.key})
    now, chosen = runtime.clock(), []
    for each in accounts:
        values = facts.get(each.id, {})
        if row.condition and not condition.test(values):
            continue
        row.matched += 1
        if each.motion is None:
            held["It has not been looked at yet."] += 1
            continue
        beginning = Beginning(row.workspace_id, each.id, each.motion, f"bulk:{row.id}")
        reason = mismatch(play, beginning, values) or (
            "The play ran for it as often as it may."
            if no_more(play, beginning, starts=starts, now=now)
            else ""
        )
        if reason:
            held[reason] += 1
        else:
            chosen.append(each)
    return chosen
