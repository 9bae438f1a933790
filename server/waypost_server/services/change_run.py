"""A person pauses a run, lets it go on, or tries a failed one again. Each is a line in the run's story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, deliveries, play_runs
from waypost_server.store.play_runs import Told
from waypost_server.store.tables import PlayRun

REASON = 200  # characters
Change = Callable[[Session, datetime], PlayRun | None]


def pause_run(runtime: Runtime, workspace_id: str, run_id: str, *, actor: str, reason: str) -> PlayRun:
    """Hold a run where it stands. What it has queued waits too; a wait goes on counting.

    Raises NotFoundError, ConflictError when it is not under way, BadInputError without a reason.
    """
    why = said(reason, "Say in a few words why the run is paused.")

    def change(session: Session, now: datetime) -> PlayRun | None:
        return play_runs.pause(session, workspace_id, run_id)

    words = f"Paused by a person: {why}"
    return change_run(runtime, workspace_id, run_id, change, kind="pause", words=words, actor=actor)


def resume_run(runtime: Runtime, workspace_id: str, run_id: str, *, actor: str) -> PlayRun:
    """Let a paused run go on, at once. Raises NotFoundError, ConflictError when it is not paused."""

    def change(session: Session, now: datetime) -> PlayRun | None:
        return play_runs.resume(session, workspace_id, run_id, now=now)

    def hurry(session: Session, run: PlayRun, now: datetime) -> None:
        deliveries.look_again(session, workspace_id, run_id=run_id, now=now)

    words = "A person lets it go on."
    return change_run(
        runtime, workspace_id, run_id, change, kind="resume", words=words, actor=actor, then=hurry
    )


def retry_run(runtime: Runtime, workspace_id: str, run_id: str, *, actor: str) -> PlayRun:
    """Take a run that failed up again at the step it failed at; what it did before is not repeated.

    Raises NotFoundError, ConflictError when it has not failed.
    """

    def change(session: Session, now: datetime) -> PlayRun | None:
        return play_runs.retry(session, workspace_id, run_id, now=now)

    words = "A person tries the failed step again."
    return change_run(runtime, workspace_id, run_id, change, kind="retry", words=words, actor=actor)


def said(reason: str, question: str) -> str:
    """A person's reason as it is kept. Raises BadInputError (`reason_required`) when there is none."""
    why = reason.replace("\x00", "").strip()[:REASON]
    if not why:
        raise BadInputError(question, code="reason_required")
    return why


def change_run(
    runtime: Runtime,
    workspace_id: str,
    run_id: str,
    change: Change,
    *,
    kind: str,
    words: str,
    actor: str,
    then: Callable[[Session, PlayRun, datetime], None] = lambda session, run, now: None,
) -> PlayRun:
    """Change a run in one conditional write, with its line and the audit's; `then` follows in the transaction.

    A worker in the middle of the run finishes its step first; one that only claimed it finds the fence gone.
    """
    now = runtime.clock()
    with runtime.db.write() as session:
        account_id = play_runs.account_of(session, workspace_id, run_id)
        if account_id is None:
            raise NotFoundError("There is no such run.")
        play_runs.lock_accounts(session, workspace_id, {account_id})  # as a visit does, and in the same order
        run = change(session, now)
        if run is None:
            state = play_runs.state_of(session, workspace_id, run_id)
            now_it = "has ended" if state == "ended" else f"is {state}"
            raise ConflictError(f"The run {now_it} by now; reload it.", detail={"state": state})
        story = play_runs.stories(session, workspace_id, {run_id}).get(run_id, [])
        detail: dict[str, Any] = {"step": run.step, "actor": actor}
        if run.outcome:
            detail["outcome"] = run.outcome
        line = Told(story[-1].seq + 1 if story else 0, kind, "done", words, detail, now)
        play_runs.tell(session, workspace_id, [line.of(run.id)])
        then(session, run, now)
        entry = audit.Entry(
            runtime.new_id(), now, actor, f"run.{PAST[kind]}", f"run:{run_id}", after={"words": words}
        )
        audit.append(session, workspace_id, entry)
    runtime.doorbell.ring()
    return run


PAST = {"pause": "paused", "resume": "resumed", "retry": "retried", "end": "cancelled"}
