"""Write to an address again that bounced, because a person says that it works now."""

from __future__ import annotations

from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services.addresses import address_hash
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, bounces, suppressions
from waypost_server.store.tables import EndUser

OURS_TO_UNDO = ("bounced",)  # whoever unsubscribed or complained said so themselves


def allow_again(runtime: Runtime, workspace_id: str, user_id: str, *, actor: str) -> None:
    """Take a user's address off the list, and forget how often it bounced.

    Raises NotFoundError, and ConflictError when the address is not stopped, or was by its owner.
    """
    with runtime.db.write() as session:
        person = session.get(EndUser, (workspace_id, user_id))
        if person is None:
            raise NotFoundError("There is no such user.")
        hashed = address_hash(runtime, workspace_id, person.email or "")
        reason = suppressions.reason(session, workspace_id, hashed)
        if reason is None:
            raise ConflictError("Mail to this address is not stopped.")
        if reason not in OURS_TO_UNDO:
            raise ConflictError(f"The owner of this address has {reason}; only they can allow it again.")
        suppressions.remove(session, workspace_id, hashed)
        bounces.forget(session, workspace_id, hashed)
        entry = audit.Entry(runtime.new_id(), runtime.clock(), actor, "address.allow", f"user:{user_id}")
        audit.append(session, workspace_id, entry)
