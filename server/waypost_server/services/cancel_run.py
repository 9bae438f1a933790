"""Stop a run for good, because a person says so."""

from __future__ import annotations

from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, deliveries, nudge_grants, play_runs, signals, tasks
from waypost_server.store.play_runs import Told
from waypost_server.store.tables import PlayRun

REASON = 200  # characters


def cancel_run(runtime: Runtime, workspace_id: str, run_id: str, *, actor: str, reason: str) -> PlayRun:
    """End a run that is under way; what it has queued is not sent, and nudges it handed out are taken back.

    A worker in the middle of the run finishes its step first; one that only claimed it finds the fence gone.
    A message that is being sent at this moment still goes. Raises NotFoundError, ConflictError, BadInputError.
    """
    why = reason.replace("\x00", "").strip()[:REASON]
    if not why:
        raise BadInputError("Say in a few words why the run is stopped.", code="reason_required")
    now = runtime.clock()
    with runtime.db.write() as session:
        account_id = play_runs.account_of(session, workspace_id, run_id)
        if account_id is None:
            raise NotFoundError("There is no such run.")
        play_runs.lock_accounts(session, workspace_id, {account_id})  # as a visit does, and in the same order
        run = play_runs.cancel(session, workspace_id, run_id, now=now)
        if run is None:
            raise ConflictError("The run has ended by now; reload it.", detail={"state": "ended"})
        story = play_runs.stories(session, workspace_id, {run_id}).get(run_id, [])
        seq = story[-1].seq + 1 if story else 0
        detail = {"step": run.step, "outcome": "cancelled", "actor": actor}
        line = Told(seq, "end", "done", f"Stopped by a person: {why}", detail, now)
        play_runs.tell(session, [line.as_row(run)])
        deliveries.cancel_pending(session, workspace_id, run_id=run_id, reason="the run was stopped", now=now)
        nudge_grants.withdraw(session, workspace_id, account_id, run_id=run_id, now=now)
        if run.signal_id and not tasks.open_of_run(session, workspace_id, run_id):
            words = f"The run that answered it was stopped: {why}"
            signals.handle(session, workspace_id, run.signal_id, handling="none", reason=words)
        entry = audit.Entry(
            runtime.new_id(), now, actor, "run.cancelled", f"run:{run_id}", after={"reason": why}
        )
        audit.append(session, workspace_id, entry)
    return run
