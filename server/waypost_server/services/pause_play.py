"""A person pauses a play: nothing starts, and no run of it takes another step, until it is let go on."""

from __future__ import annotations

from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services.change_run import said
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, deliveries, play_pauses

PAUSED = "its play is paused"  # the reason of what it has queued


def pause_play(runtime: Runtime, workspace_id: str, play: str, *, actor: str, reason: str) -> None:
    """Pause it, in every release. Workers see it with their next claim.

    Raises NotFoundError, ConflictError when it is paused already, BadInputError without a reason.
    """
    why = said(reason, "Say in a few words why the play is paused.")
    now = runtime.clock()
    with runtime.db.write() as session:
        release = runtime.releases.live(session, workspace_id)
        if release is None or play not in release.plays:
            raise NotFoundError("There is no such play.")
        if not play_pauses.put(session, workspace_id, play, at=now, actor=actor, reason=why):
            raise ConflictError("The play is paused already.", code="play_state")
        entry = audit.Entry(
            runtime.new_id(), now, actor, "play.paused", f"play:{play}", after={"reason": why}
        )
        audit.append(session, workspace_id, entry)


def resume_play(runtime: Runtime, workspace_id: str, play: str, *, actor: str) -> None:
    """Let it go on; runs whose time has come meanwhile act at once. Raises ConflictError when it is not paused."""
    now = runtime.clock()
    with runtime.db.write() as session:
        if not play_pauses.remove(session, workspace_id, play):
            release = runtime.releases.live(session, workspace_id)
            if release is None or play not in release.plays:
                raise NotFoundError("There is no such play.")
            raise ConflictError("The play is not paused.", code="play_state")
        deliveries.release_held(session, workspace_id, reason=PAUSED, play=play, now=now)
        entry = audit.Entry(runtime.new_id(), now, actor, "play.resumed", f"play:{play}")
        audit.append(session, workspace_id, entry)
    runtime.doorbell.ring()
