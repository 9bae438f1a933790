"""What becomes of an invitation, as events of the person: through the log and the same fold as the product's own.

So a feature of the catalogue may count them (`events: [workshop_attended]`, or `workshop_attended/<workshop>` for
one workshop alone), and with it every fact, goal and milestone.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy.orm import Session

from waypost_server.domain.events import Envelope, read_event
from waypost_server.services.fold import Counts, fold_into
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.ingest_plan import plan_of
from waypost_server.services.runtime import Runtime
from waypost_server.store.tables import WorkshopInvitation

What = Literal["invited", "accepted", "declined", "attended"]
_encode = msgspec.json.Encoder().encode


def tell(
    session: Session, runtime: Runtime, invitation: WorkshopInvitation, what: What, *, once: str
) -> None:
    """Write it into the log. The account's row is locked; the same `once` again changes nothing."""
    workspace_id, now = invitation.workspace_id, runtime.clock()
    plan = plan_of(runtime, workspace_id)
    names = [f"workshop_{what}"]
    special = f"workshop_{what}/{invitation.workshop}"
    if special in plan.events:
        names.append(special)
    events = [
        read_event(
            _raw(invitation, name, f"workshop-{invitation.id}-{what}-{once}-{place}"),
            Envelope(now),
            encode=_encode,
            new_id=runtime.new_id,
        )
        for place, name in enumerate(names)
    ]
    accounts = {each.message_id: invitation.account_id for each in events}
    fold_into(session, runtime, Sender(workspace_id, "server"), plan, events, accounts, now, Counts())


def _raw(invitation: WorkshopInvitation, name: str, message_id: str) -> dict[str, Any]:
    return {
        "type": "track",
        "event": name,
        "messageId": message_id,
        "userId": invitation.user_id,
        "context": {"groupId": invitation.account_id},
        "properties": {"workshop": invitation.workshop, "slot": invitation.slot_id},
    }
