"""Write down in every workspace what was done for all of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, workspaces


def audit_everywhere(
    session: Session, runtime: Runtime, actor: str, action: str, after: dict[str, Any] | None
) -> None:
    """One line about sending in each workspace's audit log."""
    for workspace in workspaces.every(session):
        entry = audit.Entry(runtime.new_id(), runtime.clock(), actor, action, "sending", after=after)
        audit.append(session, workspace.id, entry)
