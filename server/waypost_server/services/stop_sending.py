"""The kill switches: stop what leaves the building, everywhere or for a workspace, and let it go on.

A worker asks before it claims and before each group of messages, so a switch acts within seconds. Nothing is
lost: what would have been sent waits, and is checked once more when it goes on. A play has its pause for that.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services import known_secret
from waypost_server.services.audit_everywhere import audit_everywhere
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, deliveries, stops, workspaces
from waypost_server.store.stops import EVERYWHERE

REASON = 200  # characters
ENDED = "it waited when sending was stopped, and was ended when sending went on"
STOPPED = "sending is stopped"  # the reason of what waits for it


def stop_sending(runtime: Runtime, workspace_id: str, *, actor: str, reason: str) -> None:
    """Throw the switch of a workspace, or `EVERYWHERE`; throwing it twice changes nothing.

    Raises BadInputError without a reason, and NotFoundError.
    """
    why = reason.replace("\x00", "").strip()[:REASON]
    if not why:
        raise BadInputError("Say in a few words why nothing may be sent.", code="reason_required")
    with runtime.db.write() as session:
        if workspace_id != EVERYWHERE and workspaces.get(session, workspace_id) is None:
            raise NotFoundError(f"There is no workspace {workspace_id}.")
        values = {"workspace_id": workspace_id, "at": runtime.clock(), "actor": actor, "reason": why}
        if stops.put(session, values):
            _audit(session, runtime, workspace_id, actor, "sending.stopped", why)


def resume_sending(runtime: Runtime, workspace_id: str, *, actor: str, end_waiting: bool = False) -> int:
    """Take the switch back; what waited for it is due at once, or with `end_waiting` what waited when it was thrown
    ends unsent. Returns how many ended.

    Raises ConflictError when it was not thrown, and for everything UnavailableError under another WAYPOST_SECRET."""
    with runtime.db.write() as session:
        if workspace_id == EVERYWHERE:
            known_secret.check(session, runtime)
        thrown = stops.get(session, workspace_id)
        if thrown is None or not stops.end(session, workspace_id):
            raise ConflictError("Sending is not stopped here.")
        _audit(session, runtime, workspace_id, actor, "sending.resumed", ENDED if end_waiting else "")
        now, ended = runtime.clock(), 0
        if end_waiting:
            ended = deliveries.end_waiting(session, workspace_id, until=thrown.at, reason=ENDED, now=now)
        deliveries.release_held(session, workspace_id, reason=STOPPED, now=now)
    runtime.doorbell.ring()
    return ended


def _audit(
    session: Session, runtime: Runtime, workspace_id: str, actor: str, action: str, reason: str
) -> None:
    after = {"reason": reason} if reason else None
    if not workspace_id:
        audit_everywhere(session, runtime, actor, action, after)
        return
    entry = audit.Entry(runtime.new_id(), runtime.clock(), actor, action, "sending", after=after)
    audit.append(session, workspace_id, entry)
