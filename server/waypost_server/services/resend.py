"""Send a message again, because a person says so."""

from __future__ import annotations

from waypost_server.channels.promises import PROMISES
from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services.endpoint_health import KEPT
from waypost_server.services.put_delivery import EMAIL_LIVES
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, deliveries
from waypost_server.store.tables import Delivery

AGAIN = ("failed", "unknown", "expired")


def may_be_resent(channel: str, state: str) -> bool:
    """What has ended without being taken; where the receiver knows a repeat by its id, also what it took and lost."""
    return state in AGAIN or (state == "sent" and PROMISES[channel].knows_repeats)


def resend(runtime: Runtime, workspace_id: str, delivery_id: str, *, actor: str) -> Delivery:
    """Queue the same message under the same id once more; it is checked like any other before it goes.

    Raises NotFoundError, and ConflictError when it is not over or must not be repeated.
    """
    now = runtime.clock()
    with runtime.db.write() as session:
        row = deliveries.find(session, workspace_id, delivery_id)
        if row is None:
            raise NotFoundError("There is no such delivery.")
        before = row.state
        if not may_be_resent(row.channel, before):
            raise ConflictError(
                f"This message is {before}, so it is not sent again.", detail={"state": before}
            )
        lives = EMAIL_LIVES if row.channel == "email" else KEPT
        if not deliveries.send_again(
            session, workspace_id, delivery_id, was=before, now=now, expires_at=now + lives
        ):
            raise ConflictError("The message has changed meanwhile; reload it.")
        entry = audit.Entry(
            runtime.new_id(), now, actor, "delivery.resend", delivery_id, before={"state": before}
        )
        audit.append(session, workspace_id, entry)
        session.refresh(row)
    runtime.doorbell.ring()
    return row
