"""Stop e-mail to an address, because its owner said so."""

from __future__ import annotations

from waypost_server.domain.errors import NotFoundError
from waypost_server.services.addresses import read_token
from waypost_server.services.runtime import Runtime
from waypost_server.store import suppressions


def check_token(runtime: Runtime, token: str) -> tuple[str, str]:
    """(workspace, address hash) the token stands for; raises NotFoundError."""
    found = read_token(runtime, token)
    if found is None:
        raise NotFoundError("This link is not complete. Copy the whole address from the e-mail.")
    return found


def unsubscribe(runtime: Runtime, token: str) -> None:
    """Suppress the token's address; doing it twice changes nothing. Holds before the next claim."""
    workspace_id, hashed = check_token(runtime, token)
    with runtime.db.write() as session:
        suppressions.add(session, workspace_id, hashed, reason="unsubscribed", at=runtime.clock())
