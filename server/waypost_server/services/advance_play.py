"""Move play runs whose time has come, one step after the other, each re-checked at the moment it acts.

A visit to a run is one transaction that holds the account's row and the run's fence: steps, story and the
new position are written together, so a crash repeats the visit and never half of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.domain.definitions import PlayStep
from waypost_server.domain.play_machine import AUTOMATED, Act, End, Pass, Pause, Position, next_move
from waypost_server.services.goals import goal_reached
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.play_steps import Line, act
from waypost_server.services.runtime import Runtime
from waypost_server.store import due, nudge_grants, play_runs, signals, tasks
from waypost_server.store.tables import Account, PlayRun, StepRun

log = logging.getLogger("waypost.plays")
BATCH = 50
LEASE = timedelta(seconds=60)
MUTED_RETRY = timedelta(days=1)
MUTED_AT_MOST = timedelta(days=14)


@dataclass(slots=True)
class _Progress:
    """Where the run will stand after this visit."""

    step: int
    waiting_until: datetime | None
    story: list[StepRun]
    state: str = "running"
    due_at: datetime | None = None
    outcome: str | None = None
    lines: list[Line] = field(default_factory=list)


def advance_due(runtime: Runtime, workspace_id: str, *, limit: int = BATCH) -> int:
    """Visit up to `limit` due runs of a workspace; returns how many were claimed."""
    now, fence = runtime.clock(), runtime.new_id()
    with runtime.db.write() as session:
        runs = due.claim_runs(
            session, workspace_id, now=now, limit=limit, lease_until=now + LEASE, fence=fence
        )
    runtime.fault("advance.claimed")
    for run in runs:
        try:
            with runtime.db.write() as session:
                _visit(session, runtime, run, fence)
        except Exception:
            log.exception("run.failed", extra={"run": run.id})  # its claim stays counted
    return len(runs)


def _visit(session: Session, runtime: Runtime, run: PlayRun, fence: str) -> None:
    context = _context(session, runtime, run)
    if context is None or not play_runs.hold(session, run.workspace_id, run.id, fence=fence):
        return
    progress = _start(context)
    steps = context.play.branches.get(run.motion, ())
    while progress.state == "running" and progress.due_at is None:
        _move(context, steps, progress)
    _close(context, progress)
    play_runs.save(
        session,
        run.workspace_id,
        run.id,
        fence=fence,
        values={
            "state": progress.state,
            "outcome": progress.outcome,
            "step": progress.step,
            "due_at": progress.due_at,
            "ended_at": context.now if progress.state == "ended" else None,
        },
    )
    runtime.fault("advance.before_commit")


def _context(session: Session, runtime: Runtime, run: PlayRun) -> RunContext | None:
    """Lock the account first (evaluate and deliver lock in the same order), then read the rest."""
    account = session.scalar(
        select(Account)
        .where(Account.workspace_id == run.workspace_id, Account.id == run.account_id)
        .with_for_update()
    )
    release = runtime.releases.pinned(session, run.workspace_id, run.release)
    play = next((each for each in release.definitions.plays if each.key == run.play), None)
    if account is None or play is None:
        return None
    signal = signals.find(session, run.workspace_id, run.signal_id)
    tz = runtime.releases.standing(session, run.workspace_id).zone
    return RunContext(session, runtime, release, run, play, account, signal, runtime.clock(), tz)


def _start(context: RunContext) -> _Progress:
    story = play_runs.story(context.session, context.workspace_id, context.run.id)
    last = story[-1] if story else None
    waiting = (
        datetime.fromisoformat(last.detail["until"])
        if last is not None and last.kind == "wait" and last.detail.get("step") == context.run.step
        else None
    )
    return _Progress(context.run.step, waiting, story)


def _move(context: RunContext, steps: tuple[PlayStep, ...], progress: _Progress) -> None:
    run = context.run
    move = next_move(
        steps,
        Position(progress.step, run.motion, progress.waiting_until),
        account_motion=context.account.motion,
        goal_reached=_goal_reached(context),
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
    row = StepRun(
        workspace_id=context.workspace_id,
        run_id=context.run.id,
        seq=len(progress.story),
        kind=kind,
        outcome=line.outcome,
        note=line.note,
        detail={"step": progress.step, **line.detail},
        at=context.now,
    )
    progress.story.append(row)
    context.session.add(row)


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
