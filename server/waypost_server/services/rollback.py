"""Go back to an earlier release: its files become a new release, so that history only grows."""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.definitions.changes import Change, compare
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.apply import apply
from waypost_server.services.runtime import Runtime
from waypost_server.store import releases

LAST = 2**31 - 1  # the largest number the column holds


def rollback(
    runtime: Runtime,
    workspace_id: str,
    number: int,
    *,
    author: str,
    message: str = "",
    base: int | None = None,
    accept_strategic: bool = False,
) -> tuple[int, tuple[Change, ...]]:
    """Publish release `number` again: the live number afterwards, and what it undoes.

    With `base`, only if that release is still live. Raises NotFoundError; BaseMovedError; RefusedError when this
    version no longer accepts the old files; StrategicError when one of its automated steps would newly reach
    strategic accounts.
    """
    (files, environment), undone = undoes(runtime, workspace_id, number)
    said = message or f"Roll back to release {number}"
    done = apply(
        runtime, workspace_id, files, author=author, message=said, base=base,
        environment=environment, change_environment=True, accept_strategic=accept_strategic,
    )  # fmt: skip
    return done.number, undone


def undoes(
    runtime: Runtime, workspace_id: str, number: int
) -> tuple[tuple[dict[str, str], str], tuple[Change, ...]]:
    """The files of release `number` with their environment, and what changes when they replace the live ones.

    Raises NotFoundError.
    """
    with runtime.db.read() as session:
        found = stored(session, workspace_id, number)
        live = releases.live(session, workspace_id)
        lives_in = releases.live_environment(session, workspace_id)
    return found, compare(live[1] if live else {}, found[0], (lives_in, found[1]))


def stored(session: Session, workspace_id: str, number: int) -> tuple[dict[str, str], str]:
    """The files and the environment of a release; nothing for number 0. Raises NotFoundError."""
    found = releases.found(session, workspace_id, number) if number <= LAST else None
    if found is None and number:
        raise NotFoundError(f"There is no release {number}.")
    return found or ({}, "")
