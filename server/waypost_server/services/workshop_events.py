"""What becomes of an invitation, as events of the person: through the log and the same fold as the product's own.

So a feature of the catalogue may count them (`events: [workshop_attended]`, or `workshop_attended/<workshop>` for
one workshop alone), and with it every fact, goal and milestone.
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy.orm import Session

from waypost_server.services import own_events
from waypost_server.services.ingest_plan import plan_of
from waypost_server.services.runtime import Runtime
from waypost_server.store.tables import WorkshopInvitation

What = Literal["invited", "accepted", "declined", "attended"]


def tell(
    session: Session, runtime: Runtime, invitation: WorkshopInvitation, what: What, *, once: str
) -> None:
    """Write it into the log. The account's row is locked; the same `once` again changes nothing."""
    workspace_id = invitation.workspace_id
    names = [f"workshop_{what}"]
    special = f"workshop_{what}/{invitation.workshop}"
    if special in plan_of(runtime, workspace_id).events:
        names.append(special)
    said = [
        _raw(invitation, name, f"workshop-{invitation.id}-{what}-{once}-{place}")
        for place, name in enumerate(names)
    ]
    own_events.tell(session, runtime, workspace_id, invitation.account_id, said)


def _raw(invitation: WorkshopInvitation, name: str, message_id: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": name,
        "messageId": message_id,
        "userId": invitation.user_id,
        "context": {"groupId": invitation.account_id},
        "properties": {"workshop": invitation.workshop, "slot": invitation.slot_id},
    }
