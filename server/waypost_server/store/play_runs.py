"""Play runs and their story."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from waypost_server.store.tables import PlayRun, StepRun


def insert_new(session: Session, table: Any, values: Mapping[str, Any]) -> bool:
    """Insert unless a unique key says it is there already; True when a row was made."""
    maker = sqlite_insert if session.get_bind().dialect.name == "sqlite" else pg_insert
    statement = maker(table).values(**values).on_conflict_do_nothing()
    return bool(session.execute(statement).rowcount)


def start(session: Session, values: Mapping[str, Any]) -> bool:
    """Start a run, unless this play has run for this account and occurrence before."""
    return insert_new(session, PlayRun, values)


def last_started(
    session: Session, workspace_id: str, accounts: Collection[str]
) -> dict[tuple[str, str], datetime]:
    """(account, play) → when it last started."""
    rows = session.execute(
        select(PlayRun.account_id, PlayRun.play, func.max(PlayRun.started_at))
        .where(PlayRun.workspace_id == workspace_id, PlayRun.account_id.in_(accounts))
        .group_by(PlayRun.account_id, PlayRun.play)
    )
    return {(account, play): at for account, play, at in rows}


def poke_waiting(session: Session, workspace_id: str, accounts: Collection[str], *, now: datetime) -> None:
    """Look again at waiting runs of accounts that did something: a goal may have come true."""
    session.execute(
        update(PlayRun)
        .where(
            PlayRun.workspace_id == workspace_id,
            PlayRun.account_id.in_(accounts),
            PlayRun.state == "waiting",
            PlayRun.due_at > now,
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


def poke_held(session: Session, workspace_id: str, account_id: str, *, now: datetime) -> None:
    """Look again at runs held back by a task that has just closed."""
    session.execute(
        update(PlayRun)
        .where(
            PlayRun.workspace_id == workspace_id,
            PlayRun.account_id == account_id,
            PlayRun.state == "running",
            PlayRun.due_at > now,
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


def save(session: Session, workspace_id: str, run_id: str, *, fence: str, values: Mapping[str, Any]) -> bool:
    """Write a run's new position and give it back; False when another worker holds it now."""
    result = session.execute(
        update(PlayRun)
        .where(PlayRun.workspace_id == workspace_id, PlayRun.id == run_id, PlayRun.fence == fence)
        .values(lease_until=None, fence=None, claims=0, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


def hold(session: Session, workspace_id: str, run_id: str, *, fence: str) -> bool:
    """Lock the run for this transaction; False when another worker holds it now."""
    found = session.scalar(
        select(PlayRun.id)
        .where(PlayRun.workspace_id == workspace_id, PlayRun.id == run_id, PlayRun.fence == fence)
        .with_for_update()
    )
    return found is not None


def story(session: Session, workspace_id: str, run_id: str) -> list[StepRun]:
    """What the run did so far, in order."""
    return list(
        session.scalars(
            select(StepRun)
            .where(StepRun.workspace_id == workspace_id, StepRun.run_id == run_id)
            .order_by(StepRun.seq)
        )
    )


def tell(session: Session, values: Mapping[str, Any]) -> None:
    """Add a line to a run's story."""
    session.execute(insert(StepRun).values(**values))


def park(session: Session, *, now: datetime) -> int:
    """End runs whose visit killed its worker five times, in every workspace; a line in the story says so."""
    lost = session.scalars(
        select(PlayRun).where(
            PlayRun.due_at <= now, PlayRun.claims >= 5, PlayRun.lease_until <= now, PlayRun.state != "ended"
        )
    ).all()
    for run in lost:
        count = select(func.count()).where(StepRun.workspace_id == run.workspace_id, StepRun.run_id == run.id)
        tell(
            session,
            {
                "workspace_id": run.workspace_id,
                "run_id": run.id,
                "seq": session.scalar(count) or 0,
                "kind": "end",
                "outcome": "failed",
                "note": "Parked: its worker died five times at this step.",
                "detail": {"step": run.step},
                "at": now,
            },
        )
        run.state, run.outcome, run.ended_at = "ended", "failed", now
        run.due_at = run.lease_until = run.fence = None
    return len(lost)


def running(session: Session, workspace_id: str) -> dict[str, int]:
    """Play → runs that have not ended."""
    open_runs = select(PlayRun.play, func.count().label("runs")).where(
        PlayRun.workspace_id == workspace_id, PlayRun.state != "ended"
    )
    return {row.play: row.runs for row in session.execute(open_runs.group_by(PlayRun.play))}
