"""Stop e-mail to an address, because its owner said so."""

from __future__ import annotations

from waypost_server.services.addresses import read_token
from waypost_server.services.runtime import Runtime
from waypost_server.store import suppressions


def unsubscribe(runtime: Runtime, token: str) -> None:
    """Suppress the token's address; doing it twice changes nothing. Holds before the next claim.

    Raises NotFoundError.
    """
    workspace_id, hashed = read_token(runtime, token)
    with runtime.db.write() as session:
        suppressions.add(session, workspace_id, hashed, reason="unsubscribed", at=runtime.clock())
