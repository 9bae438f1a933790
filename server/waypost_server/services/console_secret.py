"""Showing the secret that signs user tokens: a deed of its own, written down."""

from __future__ import annotations

from waypost_server.domain.errors import NotFoundError
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, reports_settings


def reveal_token_secret(runtime: Runtime, workspace_id: str, *, actor: str) -> str:
    """The workspace's token secret; the audit log says who looked. Raises NotFoundError."""
    with runtime.db.write() as session:
        found = reports_settings.workspace(session, workspace_id)
        if found is None:
            raise NotFoundError("There is no such workspace.")
        entry = audit.Entry(
            runtime.new_id(), runtime.clock(), actor, "workspace.show_token_secret", workspace_id
        )
        audit.append(session, workspace_id, entry)
        return found.token_secret
