"""Play runs and their story."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, defer

from waypost_server.store import bulk
from waypost_server.store.tables import Account, PlayRun, StepRun
from waypost_server.store.written import written


def insert_new(session: Session, table: Any, values: Mapping[str, Any]) -> bool:
    """Insert unless a unique key says it is there already; True when a row was made."""
    maker = sqlite_insert if session.get_bind().dialect.name == "sqlite" else pg_insert
    statement = maker(table).values(**values).on_conflict_do_nothing()
    return bool(written(session, statement))


def insert_each_new(session: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert each unless a unique key says it is there already; all name the same columns."""
    maker = sqlite_insert if session.get_bind().dialect.name == "sqlite" else pg_insert
    session.connection().execute(maker(table.__table__).on_conflict_do_nothing(), list(rows))


def start(session: Session, values: Mapping[str, Any]) -> bool:
    """Start a run, unless this play has run for this account and occurrence before."""
    return insert_new(session, PlayRun, values)


def poke_waiting(session: Session, workspace_id: str, accounts: Collection[str], *, now: datetime) -> None:
    """Look again at waiting runs of accounts that did something: a goal may have come true."""
    _look_by(session, workspace_id, now, PlayRun.account_id.in_(accounts), PlayRun.state == "waiting")


def poke_held(session: Session, workspace_id: str, account_id: str, *, now: datetime) -> None:
    """Look again at runs held back by a task that has just closed."""
    _look_by(session, workspace_id, now, PlayRun.account_id == account_id, PlayRun.state == "running")


def poke(session: Session, workspace_id: str, run_id: str, *, at: datetime) -> None:
    """Look at a waiting run no later than `at`: what it waits for has been decided."""
    _look_by(session, workspace_id, at, PlayRun.id == run_id, PlayRun.state == "waiting")


def _look_by(session: Session, workspace_id: str, at: datetime, *which: ColumnElement[bool]) -> None:
    session.execute(
        update(PlayRun)
        .where(PlayRun.workspace_id == workspace_id, *which, PlayRun.due_at > at)
        .values(due_at=at)
        .execution_options(synchronize_session=False)
    )


def lock_accounts(session: Session, workspace_id: str, ids: Collection[str]) -> dict[str, Account]:
    """The accounts by id, locked in order of id for this transaction."""
    rows = session.scalars(
        select(Account)
        .options(defer(Account.traits_at))  # as long as the traits, and nobody asks
        .where(Account.workspace_id == workspace_id, Account.id.in_(ids))
        .order_by(Account.id)
        .with_for_update()
    )
    return {row.id: row for row in rows}


def hold(session: Session, workspace_id: str, ids: Collection[str], *, fence: str) -> set[str]:
    """Those of the runs that this fence still holds. Not locked: their accounts are, and `save` asks again."""
    found = session.scalars(
        select(PlayRun.id)
        .where(PlayRun.workspace_id == workspace_id, PlayRun.id.in_(ids), PlayRun.fence == fence)
        .order_by(PlayRun.id)
    )
    return set(found)


def of_occurrence(
    session: Session, workspace_id: str, account_id: str, play: str, user_id: str, occurrence: str
) -> PlayRun | None:
    """The run that this occurrence started for the subject; None when there is none."""
    return session.scalar(
        select(PlayRun).where(
            PlayRun.workspace_id == workspace_id,
            PlayRun.account_id == account_id,
            PlayRun.play == play,
            PlayRun.user_id == user_id,
            PlayRun.occurrence == occurrence,
        )
    )


def account_of(session: Session, workspace_id: str, run_id: str) -> str | None:
    """The account of a run; None when there is no such run."""
    return session.scalar(
        select(PlayRun.account_id).where(PlayRun.workspace_id == workspace_id, PlayRun.id == run_id)
    )


def state_of(session: Session, workspace_id: str, run_id: str) -> str | None:
    """The state a run is in; None when there is no such run."""
    return session.scalar(
        select(PlayRun.state).where(PlayRun.workspace_id == workspace_id, PlayRun.id == run_id)
    )


def pause(session: Session, workspace_id: str, run_id: str) -> PlayRun | None:
    """Hold a run that is under way, and take it away from whoever claimed it; None when it is not under way."""
    return _turn(session, workspace_id, run_id, ("running", "waiting"), state="paused", due_at=None)


def resume(session: Session, workspace_id: str, run_id: str, *, now: datetime) -> PlayRun | None:
    """Let a paused run go on; None when it is not paused."""
    return _turn(session, workspace_id, run_id, ("paused",), state="running", due_at=now)


def retry(session: Session, workspace_id: str, run_id: str, *, now: datetime) -> PlayRun | None:
    """Take a failed run up again; None when it has not failed."""
    again = {"state": "running", "outcome": None, "ended_at": None, "due_at": now}
    return _turn(session, workspace_id, run_id, ("ended",), PlayRun.outcome == "failed", **again)


def _turn(
    session: Session,
    workspace_id: str,
    run_id: str,
    states: tuple[str, ...],
    *where: ColumnElement[bool],
    **values: Any,
) -> PlayRun | None:
    return session.scalar(
        update(PlayRun)
        .where(PlayRun.workspace_id == workspace_id, PlayRun.id == run_id, PlayRun.state.in_(states), *where)
        .values(lease_until=None, fence=None, claims=0, **values)
        .returning(PlayRun)
        .execution_options(synchronize_session=False)
    )


def cancel(session: Session, workspace_id: str, run_id: str, *, now: datetime) -> PlayRun | None:
    """End a run and take it away from whoever claimed it; None when it has ended before."""
    ended = {"state": "ended", "outcome": "cancelled", "ended_at": now, "due_at": None}
    return _turn(session, workspace_id, run_id, ("running", "waiting", "paused"), **ended)


POSITION = bulk.columns("id, state, outcome, step integer, due_at timestamptz, ended_at timestamptz")
SAVE = """
update play_run set state = r.state, outcome = r.outcome, step = r.step, due_at = r.due_at, ended_at = r.ended_at,
  lease_until = null, fence = null, claims = 0
from {rows} where play_run.workspace_id = coalesce({0}, r.id) and play_run.id = r.id and play_run.fence = {1}
returning play_run.id
"""


class LostRunError(Exception):
    """The lease of a run ended in the middle of a visit, and another worker has it now."""


class Stand(NamedTuple):
    """Where a run stands after a visit."""

    id: str
    state: str
    outcome: str | None
    step: int
    due_at: datetime | None
    ended_at: datetime | None


def save(session: Session, workspace_id: str, stands: Sequence[Stand], *, fence: str) -> None:
    """Write where runs that `hold` found stand now, and give them back.

    Raises LostRunError when another worker has taken one of them over meanwhile: nothing of the visit may stand.
    """
    if stands and len(bulk.run(session, SAVE, POSITION, stands, (workspace_id, fence))) < len(stands):
        raise LostRunError


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a run's story."""

    seq: int
    kind: str
    outcome: str
    note: str
    detail: Mapping[str, Any]
    at: datetime

    def of(self, run_id: str) -> tuple[Any, ...]:
        """The line as `tell` takes it."""
        detail = bulk.encode(self.detail).decode()
        return (run_id, self.seq, self.kind, self.outcome, self.note, detail, self.at)


def stories(session: Session, workspace_id: str, ids: Collection[str]) -> dict[str, list[Told]]:
    """What each run did so far, in order."""
    rows = session.execute(
        select(
            StepRun.run_id,
            StepRun.seq,
            StepRun.kind,
            StepRun.outcome,
            StepRun.note,
            StepRun.detail,
            StepRun.at,
        )
        .where(StepRun.workspace_id == workspace_id, StepRun.run_id.in_(ids))
        .order_by(StepRun.run_id, StepRun.seq)
    )
    found: dict[str, list[Told]] = {}
    for run_id, *line in rows:
        found.setdefault(run_id, []).append(Told(*line))
    return found


LINE = bulk.columns("run_id, seq integer, kind, outcome, note, detail jsonb, at timestamptz")
TELL = """
insert into step_run (workspace_id, run_id, seq, kind, outcome, note, detail, at)
select {0}, r.run_id, r.seq, r.kind, r.outcome, r.note, r.detail, r.at from {rows} where true
"""


def tell(session: Session, workspace_id: str, lines: Sequence[tuple[Any, ...]]) -> None:
    """Add lines to runs' stories, each made by `Told.of`."""
    if lines:
        bulk.run(session, TELL, LINE, lines, (workspace_id,))


def park(session: Session, *, now: datetime) -> int:
    """End runs whose visit killed its worker five times, in every workspace; a line in the story says so."""
    lost = session.scalars(
        select(PlayRun).where(
            PlayRun.due_at <= now, PlayRun.claims >= 5, PlayRun.lease_until <= now, PlayRun.state != "ended"
        )
    ).all()
    for run in lost:
        count = select(func.count()).where(StepRun.workspace_id == run.workspace_id, StepRun.run_id == run.id)
        note = "Parked: its worker died five times at this step."
        line = Told(session.scalar(count) or 0, "end", "failed", note, {"step": run.step}, now)
        tell(session, run.workspace_id, [line.of(run.id)])
        run.state, run.outcome, run.ended_at = "ended", "failed", now
        run.due_at = run.lease_until = run.fence = None
    return len(lost)


def running(session: Session, workspace_id: str) -> dict[str, int]:
    """Play → runs that have not ended."""
    open_runs = select(PlayRun.play, func.count().label("runs")).where(
        PlayRun.workspace_id == workspace_id, PlayRun.state != "ended"
    )
    return {row.play: row.runs for row in session.execute(open_runs.group_by(PlayRun.play))}
