"""Progress on milestones, as ingest writes it. The account's row is the lock; whoever writes here holds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from waypost_server.store import bulk

SUBJECT = bulk.columns("account_id, user_id, milestone")
STEPS = """
select r.account_id, r.user_id, r.milestone,
  (select s.steps from milestone_state s where s.workspace_id = {0} and s.account_id = r.account_id
   and s.user_id = r.user_id and s.milestone = r.milestone)
from {rows}
"""
STATE = bulk.columns(
    "account_id, user_id, milestone, done integer, total integer, steps, started_at timestamptz,"
    " reached_at timestamptz"
)
SET = """
insert into milestone_state
  (workspace_id, account_id, user_id, milestone, done, total, steps, started_at, reached_at)
select {0}, r.account_id, r.user_id, r.milestone, r.done, r.total, %s, r.started_at, r.reached_at
from {rows} where true
on conflict (workspace_id, account_id, user_id, milestone) do update set
  done = excluded.done, total = excluded.total, steps = excluded.steps,
  started_at = excluded.started_at, reached_at = excluded.reached_at
"""


class State(NamedTuple):
    """Progress of a subject; `steps` maps a step's key to the ISO time it was done, as JSON text."""

    account_id: str
    user_id: str
    milestone: str
    done: int
    total: int
    steps: str
    started_at: datetime | None
    reached_at: datetime | None


def steps(
    session: Session, workspace_id: str, subjects: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str, str], dict[str, str]]:
    """Steps done so far by (account, user, milestone)."""
    rows = bulk.run(session, STEPS, SUBJECT, subjects, (workspace_id,))
    return {
        (account, user, milestone): bulk.read_json(done)
        for account, user, milestone, done in rows
        if done is not None
    }


def put(session: Session, workspace_id: str, states: Iterable[State]) -> None:
    """Write progress, in key order."""
    as_json = "r.steps" if bulk.is_sqlite(session.connection()) else "r.steps::jsonb"
    bulk.run(session, SET % as_json, STATE, sorted(states, key=lambda each: tuple(each[:3])), (workspace_id,))


def lock_nameless(session: Session, workspace_id: str) -> None:
    """Serialise writers for users without an account, who have no account row to lock (PostgreSQL)."""
    if not bulk.is_sqlite(session.connection()):
        session.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"),
            {"key": f"milestones:{workspace_id}"},
        )


def as_json(value: Any) -> str:
    """Steps as JSON text."""
    return bulk.encode(value).decode()
