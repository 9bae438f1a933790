"""Plays started for many accounts at once: how far each has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.tables import Account, BulkStart, PlayPause
from waypost_server.store.written import written

RUN = bulk.columns("id, account_id, motion")
BEGIN = """
insert into play_run (workspace_id, id, account_id, user_id, play, release, motion, signal_id, occurrence, cause,
  state, step, claims, due_at, started_at)
select {0}, r.id, r.account_id, '', {1}, {2}, r.motion, '', {3}, {4}, 'running', 0, 0, {5}, {5} from {rows} where true
on conflict do nothing
returning account_id
"""


class Candidate(NamedTuple):
    """An account a play may start for."""

    id: str
    motion: str | None


def put(session: Session, values: Mapping[str, Any]) -> None:
    """Begin one; its `total` is how many accounts there are now."""
    total = select(func.count()).where(Account.workspace_id == values["workspace_id"]).scalar_subquery()
    session.execute(insert(BulkStart).values(state="running", total=total, **values))


def one(session: Session, workspace_id: str, bulk_id: str) -> BulkStart | None:
    """One by its id."""
    return session.get(BulkStart, (workspace_id, bulk_id))


def of_play(session: Session, workspace_id: str, play: str, *, limit: int = 10) -> Sequence[BulkStart]:
    """Those of a play, the newest first."""
    query = select(BulkStart).where(BulkStart.workspace_id == workspace_id, BulkStart.play == play)
    return session.scalars(
        query.order_by(BulkStart.created_at.desc(), BulkStart.id.desc()).limit(limit)
    ).all()


def workspaces(session: Session) -> list[str]:
    """Workspaces in which one is under way and its play is not paused."""
    return sorted(session.scalars(select(BulkStart.workspace_id).where(*_under_way()).distinct()))


def hold(session: Session, workspace_id: str, bulk_id: str | None = None) -> BulkStart | None:
    """Lock one that is under way, for this transaction; None when there is none that nobody works on."""
    query = select(BulkStart).where(BulkStart.workspace_id == workspace_id, *_under_way())
    if bulk_id is not None:
        query = query.where(BulkStart.id == bulk_id)
    return session.scalars(
        query.order_by(BulkStart.created_at, BulkStart.id).limit(1).with_for_update(skip_locked=True)
    ).one_or_none()


def stop(session: Session, workspace_id: str, bulk_id: str, *, now: datetime) -> bool:
    """Go no further; False when it was not under way."""
    return bool(
        written(
            session,
            update(BulkStart)
            .where(
                BulkStart.workspace_id == workspace_id, BulkStart.id == bulk_id, BulkStart.state == "running"
            )
            .values(state="stopped", ended_at=now),
        )
    )


def accounts(session: Session, workspace_id: str) -> int:
    """How many accounts there are."""
    query = select(func.count()).select_from(Account).where(Account.workspace_id == workspace_id)
    return session.scalars(query).one()


def candidates(session: Session, workspace_id: str, after: str, limit: int) -> list[Candidate]:
    """The next accounts, in order of id."""
    rows = session.execute(
        select(Account.id, Account.motion)
        .where(Account.workspace_id == workspace_id, Account.id > after)
        .order_by(Account.id)
        .limit(limit)
    )
    return [Candidate(*row) for row in rows]


def begin_runs(
    session: Session,
    row: BulkStart,
    runs: Sequence[tuple[str, str, str]],
    *,
    cause: str,
    now: datetime,
) -> int:
    """Start (run id, account, motion) in one statement; how many were new: this bulk starts an account once."""
    if not runs:
        return 0
    constants = (row.workspace_id, row.play, row.release, f"bulk:{row.id}", cause, now)
    return len(bulk.run(session, BEGIN, RUN, runs, constants))


def _under_way() -> tuple[Any, ...]:
    paused = select(PlayPause.play).where(
        PlayPause.workspace_id == BulkStart.workspace_id, PlayPause.play == BulkStart.play
    )
    return (BulkStart.state == "running", ~paused.exists())
