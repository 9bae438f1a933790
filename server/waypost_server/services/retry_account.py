"""A person lets workers look again at an account that was parked."""

from __future__ import annotations

from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, due, profiles


def retry_account(runtime: Runtime, workspace_id: str, account_id: str, *, actor: str) -> None:
    """Begin to count its failures anew. Raises NotFoundError, ConflictError when it is not parked."""
    now = runtime.clock()
    with runtime.db.write() as session:
        if not due.free_parked_account(session, workspace_id, account_id, now=now):
            if profiles.account(session, workspace_id, account_id) is None:
                raise NotFoundError("There is no such account.")
            raise ConflictError("The account is not parked.", code="account_state")
        entry = audit.Entry(runtime.new_id(), now, actor, "account.retried", f"account:{account_id}")
        audit.append(session, workspace_id, entry)
    runtime.doorbell.ring()
