"""Make a workspace: its name, mode, time zone and the secret that signs user tokens."""

from __future__ import annotations

import re
import secrets
from zoneinfo import ZoneInfo

from waypost_server.domain.errors import BadInputError, ConflictError
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, workspaces

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
MODES = ("development", "production")


def create_workspace(
    runtime: Runtime, workspace_id: str, *, name: str, mode: str, timezone: str, actor: str
) -> None:
    """Store a new workspace. Raises BadInputError for bad values, ConflictError when the id is taken."""
    _check(workspace_id, name, mode, timezone)
    now = runtime.clock()
    with runtime.db.write() as session:
        if workspaces.get(session, workspace_id) is not None:
            raise ConflictError(f"There is a workspace {workspace_id} already.")
        workspaces.add(
            session,
            id=workspace_id,
            name=name.strip(),
            mode=mode,
            timezone=timezone,
            token_secret=secrets.token_urlsafe(32),
            created_at=now,
        )
        after = {"name": name.strip(), "mode": mode, "timezone": timezone}
        entry = audit.Entry(runtime.new_id(), now, actor, "workspace.create", workspace_id, after=after)
        audit.append(session, workspace_id, entry)


def _check(workspace_id: str, name: str, mode: str, timezone: str) -> None:
    if not ID.fullmatch(workspace_id):
        raise BadInputError(
            "A workspace id has 1 to 48 characters: lower-case letters, digits and hyphens.", code="bad_id"
        )
    if not name.strip() or len(name) > 120:
        raise BadInputError("Give the workspace a name of 1 to 120 characters.", code="bad_name")
    if mode not in MODES:
        raise BadInputError("The mode is development or production.", code="bad_mode")
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:
        raise BadInputError(
            f"{timezone!r} is not a time zone. Write it like Europe/Berlin.", code="bad_timezone"
        ) from error
