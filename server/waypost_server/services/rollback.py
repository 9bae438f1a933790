"""Go back to an earlier release: its files become a new release, so that history only grows."""

from __future__ import annotations

from waypost_server.definitions.changes import Change, compare
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.publish import publish
from waypost_server.services.runtime import Runtime
from waypost_server.store import releases

LAST = 2**31 - 1  # the largest number the column holds


def rollback(
    runtime: Runtime, workspace_id: str, number: int, *, author: str, message: str = ""
) -> tuple[int, tuple[Change, ...]]:
    """Publish release `number` again: the live number afterwards, and what it undoes.

    Raises NotFoundError; RefusedError when this version no longer accepts the old files.
    """
    files, undone = undoes(runtime, workspace_id, number)
    said = message or f"Roll back to release {number}"
    return publish(runtime, workspace_id, files, author=author, message=said), undone


def undoes(runtime: Runtime, workspace_id: str, number: int) -> tuple[dict[str, str], tuple[Change, ...]]:
    """The files of release `number`, and what changes when they replace the live ones. Raises NotFoundError."""
    with runtime.db.read() as session:
        files = releases.files(session, workspace_id, number) if number <= LAST else None
        live = releases.live(session, workspace_id)
    if files is None:
        raise NotFoundError(f"There is no release {number}.")
    return files, compare(live[1] if live else {}, files)
