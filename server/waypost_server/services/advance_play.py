"""Move play runs whose time has come, one step after the other, each re-checked at the moment it acts.

Runs are visited many at a time: one transaction holds their accounts' rows and their fence, and writes their
steps, stories and new positions together, so a crash repeats the visit and never half of it. When a visit
fails, its runs are visited one by one, so that only the culprit is left behind.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError

from waypost_server.domain.definitions import PlayStep
from waypost_server.domain.play_machine import AUTOMATED, Act, End, Pass, Pause, Position, next_move
from waypost_server.services import play_batch
from waypost_server.services.goals import goal_reached
from waypost_server.services.play_batch import Visit, Written
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.play_steps import Line, act
from waypost_server.services.runtime import Runtime
from waypost_server.store import due, nudge_grants, signals, tasks
from waypost_server.store.play_runs import Told
from waypost_server.store.tables import PlayRun

log = logging.getLogger("waypost.plays")
BATCH = 500  # runs claimed at once
TOGETHER = 100  # runs visited in one transaction: their accounts' rows are locked meanwhile
LEASE = timedelta(seconds=60)
MUTED_RETRY = timedelta(days=1)
MUTED_AT_MOST = timedelta(days=14)


@dataclass(slots=True)
class _Progress:
    """Where the run will stand after this visit."""

    step: int
    waiting_until: datetime | None
    story: list[Told]
    may_be_reached: bool
    state: str = "running"
    due_at: datetime | None = None
    outcome: str | None = None


def advance_due(runtime: Runtime, workspace_id: str, *, limit: int = BATCH) -> int:
    """Visit up to `limit` due runs of a workspace; returns how many were claimed."""
    now, fence = runtime.clock(), runtime.new_id()
    with runtime.db.write() as session:
        runs = due.claim_runs(
            session, workspace_id, now=now, limit=limit, lease_until=now + LEASE, fence=fence
        )
    if runs:
        runtime.fault("advance.claimed")
    for start in range(0, len(runs), TOGETHER):
        together = runs[start : start + TOGETHER]
        if not _try(runtime, together, fence):
            for run in together:
                _try(runtime, [run], fence)  # a culprit's claim stays counted
    return len(runs)


def _try(runtime: Runtime, runs: Sequence[PlayRun], fence: str) -> bool:
    try:
        _visit(runtime, runs, fence)
    except OperationalError:  # the database is away or busy: no run is to blame, and the drain tries again
        raise
    except Exception:  # boundary: one run's data must not stop its neighbours
        log.exception("run.failed", extra={"runs": [run.id for run in runs]})
        return False
    return True


def _visit(runtime: Runtime, runs: Sequence[PlayRun], fence: str) -> None:
    written = Written()
    with runtime.db.write() as session:
        for visit in play_batch.read(session, runtime, runs, fence=fence):
            _go(visit, written)
        play_batch.write(session, runs[0].workspace_id, written, fence=fence)
        runtime.fault("advance.before_commit")


def _go(visit: Visit, written: Written) -> None:
    context, run = visit.context, visit.context.run
    told = len(visit.story)
    progress = _start(visit)
    steps = context.play.branches.get(run.motion, ())
    while progress.state == "running" and progress.due_at is None:
        _move(context, steps, progress)
    _close(context, progress)
    written.lines += [line.as_row(run) for line in progress.story[told:]]
    written.positions.append(
        {
            "id": run.id,
            "state": progress.state,
            "outcome": progress.outcome,
            "step": progress.step,
            "due_at": progress.due_at,
            "ended_at": context.now if progress.state == "ended" else None,
        }
    )


def _start(visit: Visit) -> _Progress:
    run, story = visit.context.run, visit.story
    last = story[-1] if story else None
    waiting = (
        datetime.fromisoformat(last.detail["until"])
        if last is not None and last.kind == "wait" and last.detail.get("step") == run.step
        else None
    )
    return _Progress(run.step, waiting, story, visit.may_be_reached)


def _move(context: RunContext, steps: tuple[PlayStep, ...], progress: _Progress) -> None:
    run = context.run
    move = next_move(
        steps,
        Position(progress.step, run.motion, progress.waiting_until),
        account_motion=context.account.motion,
        goal_reached=progress.may_be_reached and _goal_reached(context),
        now=context.now,
    )
    if isinstance(move, End):
        progress.state, progress.outcome = "ended", move.outcome
    elif isinstance(move, Pause):
        progress.state, progress.due_at = "waiting", move.until
        if progress.waiting_until is None:
            line = Line("held", f"Waiting until {move.until:%Y-%m-%d}.", {"until": move.until.isoformat()})
            _tell(context, progress, "wait", line)
    elif isinstance(move, Pass):
        progress.waiting_until = None
        progress.step += 1
    else:
        _act(context, move, progress)


def _act(context: RunContext, move: Act, progress: _Progress) -> None:
    step = move.step
    muted = _muted(context, step, progress)
    if muted is not None and muted.outcome == "held":
        progress.due_at = context.now + MUTED_RETRY
        if not any(
            row.outcome == "held" and row.detail.get("step") == progress.step for row in progress.story
        ):
            _tell(context, progress, step.kind, muted)
        return
    _tell(context, progress, step.kind, muted or act(context, step, progress.step))
    progress.step += 1


def _muted(context: RunContext, step: PlayStep, progress: _Progress) -> Line | None:
    """While a person works on the account, software of other runs keeps quiet; after two weeks it gives up."""
    if step.kind not in AUTOMATED:
        return None
    by_run = tasks.muting_run(context.session, context.workspace_id, context.account.id)
    if by_run is None or by_run == context.run.id:
        return None
    since = next(
        (
            row.at
            for row in progress.story
            if row.outcome == "held" and row.detail.get("step") == progress.step
        ),
        context.now,
    )
    if context.now - since >= MUTED_AT_MOST:
        return Line("skipped", "A person has been working on the account for two weeks; no longer fitting.")
    return Line("held", "A person is working on the account; digital steps wait until the task is closed.")


def _goal_reached(context: RunContext) -> bool:
    return goal_reached(
        context.session,
        context.runtime,
        context.workspace_id,
        context.account.id,
        goal=context.play.goal,
        since=context.run.started_at,
        user_id=context.user_id,
    )


def _tell(context: RunContext, progress: _Progress, kind: str, line: Line) -> None:
    detail = {"step": progress.step, **line.detail}
    seq = progress.story[-1].seq + 1 if progress.story else 0
    progress.story.append(Told(seq, kind, line.outcome, line.note, detail, context.now))


_ENDINGS = {
    "goal_reached": "The goal is reached.",
    "motion_changed": "The account became strategic while the play was running; nothing more is sent by software.",
    "completed": "All steps are done.",
}


def _close(context: RunContext, progress: _Progress) -> None:
    """An end is part of the story; what a run began for a reason that is gone is withdrawn."""
    if progress.state != "ended":
        return
    outcome = progress.outcome or ""
    _tell(context, progress, "end", Line("done", _ENDINGS.get(outcome, outcome), {"outcome": outcome}))
    if outcome in ("goal_reached", "motion_changed"):
        nudge_grants.withdraw(
            context.session,
            context.workspace_id,
            context.account.id,
            run_id=context.run.id,
            now=context.now,
        )
    if outcome == "motion_changed" and context.signal is not None:
        signals.handle(
            context.session,
            context.workspace_id,
            context.signal.id,
            handling="none",
            reason=_ENDINGS["motion_changed"],
        )
