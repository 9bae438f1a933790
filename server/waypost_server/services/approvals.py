"""A second pair of eyes before a play writes to many people: approve or reject, by somebody who may."""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.domain.errors import BadInputError, ConflictError, ForbiddenError, NotFoundError
from waypost_server.services import named_person
from waypost_server.services.console_login import may
from waypost_server.services.put_delivery import EMAIL_LIVES
from waypost_server.services.runtime import Runtime
from waypost_server.store import approvals, audit
from waypost_server.store.tables import Approval, ConsoleUser

REASON = 200  # characters


def approve(runtime: Runtime, workspace_id: str, approval_id: str, *, person: str, via: str = "") -> Approval:
    """From now on this play, in these words, may write to more people; what waits is checked again and goes.

    Raises NotFoundError, ConflictError when it was decided before, and ForbiddenError for somebody without the
    role approver, or for the author where somebody else could decide.
    """
    now = runtime.clock()
    free = {"state": "pending", "not_before": now, "expires_at": now + EMAIL_LIVES, "reason": ""}
    return _decide(runtime, workspace_id, approval_id, "approved", person, reason="", via=via, messages=free)


def reject(
    runtime: Runtime, workspace_id: str, approval_id: str, *, person: str, reason: str, via: str = ""
) -> Approval:
    """What waits is cancelled, and so is what this play, in these words, wants to send beyond the limit."""
    why = reason.replace("\x00", "").strip()[:REASON]
    if not why:
        raise BadInputError("Say in a few words why it shall not be sent.", code="reason_required")
    over = {"state": "cancelled", "reason": f"rejected: {why}", "ended_at": runtime.clock()}
    return _decide(runtime, workspace_id, approval_id, "rejected", person, reason=why, via=via, messages=over)


def _decide(
    runtime: Runtime,
    workspace_id: str,
    approval_id: str,
    state: str,
    person: str,
    *,
    reason: str,
    via: str,
    messages: dict[str, object],
) -> Approval:
    now = runtime.clock()
    with runtime.db.write() as session:
        asked = approvals.find(session, workspace_id, approval_id)
        if asked is None:
            raise NotFoundError("There is no such question.")
        who = named_person.of_id(session, workspace_id, person)
        _may_decide(session, asked, who)
        values = {"state": state, "person": who.id, "decided_at": now, "reason": reason}
        decided = approvals.decide(session, workspace_id, approval_id, values=values)
        if decided is None:
            raise ConflictError(f"It was {asked.state} already.", detail={"state": asked.state})
        count = approvals.release(session, workspace_id, approval_id, values=messages)
        after = {"play": asked.play, "messages": count, "reason": reason, "via": via}
        entry = audit.Entry(
            runtime.new_id(), now, who.id, f"approval.{state}", f"approval:{approval_id}", after=after
        )
        audit.append(session, workspace_id, entry)
        session.expunge(decided)
    runtime.doorbell.ring()
    return decided


def _may_decide(session: Session, asked: Approval, who: ConsoleUser) -> None:
    if not may(who.role, "approver"):
        raise ForbiddenError(f"This needs the role approver. {who.name} has the role {who.role}.")
    is_author = asked.author in (who.id, who.email)
    if is_author and approvals.others_may(session, asked.workspace_id, asked.author):
        raise ForbiddenError(
            "You published these words: somebody else has to look at them.", code="own_words"
        )
