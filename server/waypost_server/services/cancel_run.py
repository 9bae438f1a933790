"""Stop a run for good, because a person says so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from waypost_server.services.change_run import change_run, said
from waypost_server.services.runtime import Runtime
from waypost_server.store import deliveries, nudge_grants, play_runs, signals, tasks
from waypost_server.store.tables import PlayRun


def cancel_run(runtime: Runtime, workspace_id: str, run_id: str, *, actor: str, reason: str) -> PlayRun:
    """End a run that is under way; what it has queued is not sent, and nudges it handed out are taken back.

    A message that is being sent at this moment still goes. Raises NotFoundError, ConflictError, BadInputError.
    """
    why = said(reason, "Say in a few words why the run is stopped.")

    def change(session: Session, now: datetime) -> PlayRun | None:
        return play_runs.cancel(session, workspace_id, run_id, now=now)

    def withdraw(session: Session, run: PlayRun, now: datetime) -> None:
        deliveries.cancel_pending(session, workspace_id, run_id=run_id, reason="the run was stopped", now=now)
        nudge_grants.withdraw(session, workspace_id, run.account_id, run_id=run_id, now=now)
        if run.signal_id and not tasks.open_of_run(session, workspace_id, run_id):
            words = f"The run that answered it was stopped: {why}"
            signals.handle(session, workspace_id, run.signal_id, handling="none", reason=words)

    words = f"Stopped by a person: {why}"
    return change_run(
        runtime, workspace_id, run_id, change, kind="end", words=words, actor=actor, then=withdraw
    )
