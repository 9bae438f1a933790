"""A task's history. Every line is also what the CRM and the owner are told; `relay_tasks` does that later."""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.services.runtime import Runtime
from waypost_server.store import tasks

SOFTWARE = "waypost"  # the actor of what happens by itself


def note(
    session: Session,
    runtime: Runtime,
    workspace_id: str,
    task_id: str,
    *,
    actor: str,
    kind: str,
    note: str = "",
    is_mirrored: bool = False,
) -> None:
    """Add a line. `is_mirrored`: it came from the CRM, which need not be told."""
    tasks.note(
        session,
        {
            "workspace_id": workspace_id,
            "id": runtime.new_id(),
            "task_id": task_id,
            "at": runtime.clock(),
            "actor": actor,
            "kind": kind,
            "note": note[:2000],
            "is_mirrored": is_mirrored,
            "relayed": False,
        },
    )
