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

from waypost_server.domain.definitions import MessageStep, PlayStep
from waypost_server.domain.play_machine import AUTOMATED, Act, End, Go, Pause, Position, next_move
from waypost_server.domain.play_program import Instruction
from waypost_server.services import play_batch, play_drafts, reach
from waypost_server.services.outage import spared
from waypost_server.services.play_batch import Visit, Written
from waypost_server.services.play_line import Line
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.play_sight import RunSight
from waypost_server.services.play_steps import act
from waypost_server.services.retry import retried
from waypost_server.services.runtime import Runtime
from waypost_server.services.story_words import day
from waypost_server.store import deliveries, due, nudge_grants, signals, tasks
from waypost_server.store.play_runs import LostRunError, Stand, Told
from waypost_server.store.tables import PlayRun

log = logging.getLogger("waypost.plays")
BATCH = 500  # runs claimed at once
TOGETHER = 250  # runs visited in one transaction: their accounts' rows are locked meanwhile
LEASE = timedelta(seconds=60)
MUTED_RETRY = timedelta(days=1)
MUTED_AT_MOST = timedelta(days=14)


@dataclass(slots=True)
class _Progress:
    """Where the run will stand after this visit."""

    step: int
    waiting: tuple[datetime, datetime] | None
    story: list[Told]
    sight: RunSight
    reason: str = ""
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
    with spared(runtime, runs):
        for start in range(0, len(runs), TOGETHER):
            together = runs[start : start + TOGETHER]
            if not _try(runtime, together, fence):
                for run in together:
                    _try(runtime, [run], fence)  # a culprit's claim stays counted
    return len(runs)


def _try(runtime: Runtime, runs: Sequence[PlayRun], fence: str) -> bool:
    try:
        retried(lambda: _visit(runtime, runs, fence))
    except OperationalError:  # the database is away or busy: no run is to blame, and the drain tries again
        raise
    except LostRunError:
        return len(runs) == 1  # alone it is left to whoever has it
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
    steps = context.release.programs.get((run.play, run.motion), ())
    while progress.state == "running" and progress.due_at is None:
        _move(context, steps, progress)
    _close(context, progress)
    written.lines += [line.of(run.id) for line in progress.story[told:]]
    written.stands.append(
        Stand(
            run.id,
            progress.state,
            progress.outcome,
            progress.step,
            progress.due_at,
            context.now if progress.state == "ended" else None,
        )
    )


def _start(visit: Visit) -> _Progress:
    run, story = visit.context.run, visit.story
    arrived = next(
        (each for each in reversed(story) if each.detail.get("step") == run.step and "until" in each.detail),
        None,
    )
    waiting = (arrived.at, datetime.fromisoformat(arrived.detail["until"])) if arrived else None
    return _Progress(run.step, waiting, story, RunSight(visit.context, visit.may_be_reached))


def _move(context: RunContext, steps: Sequence[Instruction], progress: _Progress) -> None:
    move = next_move(
        steps,
        Position(progress.step, context.run.motion, progress.waiting),
        account_motion=context.account.motion,
        exit_when=context.play.exit,
        sight=progress.sight,
        now=context.now,
    )
    if isinstance(move, End):
        progress.state, progress.outcome, progress.reason = "ended", move.outcome, move.reason
    elif isinstance(move, Pause):
        progress.state, progress.due_at = "waiting", move.look_at
        if progress.waiting is None:
            until = move.until.isoformat()
            line = Line("held", f"Waits until {day(context, move.until)} at most.", {"until": until})
            _tell(context, progress, "wait", line)
    elif isinstance(move, Go):
        if move.note:
            _tell(context, progress, steps[progress.step].step.kind, Line("done", move.note))
        _go_to(progress, move.to)
    else:
        _act(context, move, progress, following=steps[progress.step].following)


def _go_to(progress: _Progress, step: int) -> None:
    progress.step, progress.waiting = step, None


def _act(context: RunContext, move: Act, progress: _Progress, *, following: int) -> None:
    step = move.step
    drafts = play_drafts.standing(progress.story, progress.step)
    if drafts is not None:
        _hear(context, step.kind, drafts, progress, following)
        return
    waiting = reach.standing(progress.story, progress.step) if isinstance(step, MessageStep) else None
    if isinstance(step, MessageStep) and waiting is not None:
        line = reach.answer(context, step, progress.step, waiting)
        if line is None:
            progress.state, progress.due_at = "waiting", reach.until(waiting)
        else:
            _done(context, progress, step.kind, line, following)
        return
    muted = _muted(context, step, progress)
    if muted is not None and muted.outcome == "held":
        progress.due_at = context.now + MUTED_RETRY
        if not any(
            row.outcome == "held" and row.detail.get("step") == progress.step for row in progress.story
        ):
            _tell(context, progress, step.kind, muted)
        return
    _done(context, progress, step.kind, muted or act(context, step, progress.step), following)


def _done(context: RunContext, progress: _Progress, kind: str, line: Line, following: int) -> None:
    """Tell it, and go on, or wait for what the step waits for."""
    _tell(context, progress, kind, line)
    if line.detail.get("drafts"):
        progress.state, progress.due_at = "waiting", context.now + play_drafts.WAITS
    elif "reach" in line.detail:
        progress.state = "waiting"
        progress.due_at = datetime.fromisoformat(line.detail["reach"]["until"])
    else:
        _go_to(progress, following)


def _hear(context: RunContext, kind: str, drafts: Told, progress: _Progress, following: int) -> None:
    """Go on when people have sent or skipped what this step wanted to say, or have had their time."""
    line = play_drafts.answer(context, drafts)
    if line is None:
        progress.state, progress.due_at = "waiting", play_drafts.until(drafts)
        return
    _tell(context, progress, kind, line)
    _go_to(progress, following)


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
        return Line("skipped", "A person has worked on the account for two weeks, so this no longer fits.")
    return Line(
        "held", "A person is working on the account. Until their task is closed, software keeps quiet."
    )


def _tell(context: RunContext, progress: _Progress, kind: str, line: Line) -> None:
    detail = {"step": progress.step, **line.detail}
    seq = progress.story[-1].seq + 1 if progress.story else 0
    progress.story.append(Told(seq, kind, line.outcome, line.note, detail, context.now))


_ENDINGS = {
    "goal_reached": "The goal is reached.",
    "exited": "The condition on which the play stops came true.",
    "motion_changed": "The account became strategic meanwhile: software sends it nothing more.",
    "completed": "All steps are done.",
}


def _close(context: RunContext, progress: _Progress) -> None:
    """An end is part of the story; what a run began for a reason that is gone is withdrawn."""
    if progress.state != "ended":
        return
    outcome = progress.outcome or ""
    words = progress.reason or _ENDINGS.get(outcome, outcome)
    _tell(context, progress, "end", Line("done", words, {"outcome": outcome}))
    if outcome == "exited":
        deliveries.cancel_pending(
            context.session, context.workspace_id, run_id=context.run.id, reason=words, now=context.now
        )
    if outcome in ("goal_reached", "exited", "motion_changed"):
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
