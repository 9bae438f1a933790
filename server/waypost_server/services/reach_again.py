"""A mail of a `message` step came back: the next channel is taken, once, also when the run has gone on since."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from waypost_server.domain.dedupe import delivery_key
from waypost_server.domain.definitions import MessageStep
from waypost_server.services import reach
from waypost_server.services.goals import goal_reached
from waypost_server.services.play_line import Line
from waypost_server.services.play_run_context import RunContext
from waypost_server.services.runtime import Runtime
from waypost_server.store import play_runs, signals, tasks
from waypost_server.store.play_runs import Told
from waypost_server.store.tables import Delivery, PlayRun


def reach_again(session: Session, runtime: Runtime, row: Delivery, why: str) -> None:
    """For a mail that has just become `failed` because its address is gone; the caller sees to it that it does so once.

    A mail that a person sent, or that another kind of step did, is left as it is.
    """
    run = session.get(PlayRun, (row.workspace_id, row.run_id)) if row.run_id and not row.person else None
    if run is None:
        return
    accounts = play_runs.lock_accounts(session, row.workspace_id, {row.account_id})  # as a visit does
    session.refresh(run)
    story = play_runs.stories(session, row.workspace_id, {run.id}).get(run.id, [])
    line = _sent_by(story, row)
    release = runtime.releases.pinned(session, row.workspace_id, run.release)
    play, account = release.plays.get(run.play), accounts.get(row.account_id)
    if line is None or play is None or account is None:
        return
    index, now = line.detail["step"], runtime.clock()
    step = release.programs[run.play, run.motion][index].step
    assert isinstance(step, MessageStep)  # the line is one of a message
    cause = signals.by_id(session, row.workspace_id, {run.signal_id} - {""}).get(run.signal_id)
    tz = runtime.releases.standing(session, row.workspace_id).zone
    context = RunContext(session, runtime, release, run, play, account, cause, now, tz)
    before = f"The e-mail to {row.recipient} came back ({why[:120]}). "
    tried = (*line.detail["tried"], "email")
    hindrance = _hindrance(context)
    if hindrance:
        said = Line("skipped", f"{before}Nothing else was tried: {hindrance}.")
    else:
        said = reach.take_next(context, step, index, row.user_id, tried, before)
    # The run does not stand here any more, so it does not wait for a nudge to be seen.
    outcome = "done" if said.outcome == "held" else said.outcome
    detail = {"step": index, "instead_of": row.id}
    told = Told(story[-1].seq + 1, step.kind, outcome, said.note, detail, now)
    play_runs.tell(session, row.workspace_id, [told.of(run.id)])


def _sent_by(story: Sequence[Told], row: Delivery) -> Told | None:
    """The line of the message step that queued this mail; None when another kind of step did."""
    for line in story:
        if line.kind == "message" and line.detail.get("channel") == row.channel:
            step = line.detail["step"]
            key = delivery_key(run_id=row.run_id, step=step, channel=row.channel, recipient=row.recipient)
            if key == row.dedupe_key:
                return line
    return None


def _hindrance(context: RunContext) -> str:
    """Why a step of this run would not act now; "" when it would."""
    run, play = context.run, context.play
    if run.state == "ended" and run.outcome != "completed":
        return f"the run has ended ({run.outcome})"
    if run.state == "paused":
        return "the run is paused"
    muting = tasks.muting_run(context.session, context.workspace_id, context.account.id)
    if muting is not None and muting != run.id:
        return "a person is working on the account"
    reached = goal_reached(
        context.session,
        context.runtime,
        context.workspace_id,
        context.account.id,
        goal=play.goal,
        since=run.started_at,
        user_id=context.user_id,
    )
    return "the goal is reached" if reached else ""
