"""What the operator's commands work with: settings from the environment, and the runtime over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from waypost_server.app import build_runtime, sqlalchemy_url
from waypost_server.config import Settings
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database, open_engine


@contextmanager
def open_runtime(settings: Settings | None = None) -> Iterator[Runtime]:
    """The runtime over the configured database; its connections close at the end."""
    settings = settings or Settings.from_env()
    engine = open_engine(sqlalchemy_url(settings.database_url))
    try:
        yield build_runtime(settings, Database(engine))
    finally:
        engine.dispose()


def one_workspace(runtime: Runtime, workspace_id: str | None) -> str:
    """The workspace meant: the one named, or the only one. Raises NotFoundError or BadInputError."""
    from waypost_server.domain.errors import BadInputError, NotFoundError
    from waypost_server.store import workspaces

    with runtime.db.read() as session:
        known = [workspace.id for workspace in workspaces.every(session)]
    if workspace_id is not None:
        if workspace_id not in known:
            raise NotFoundError(
                f"There is no workspace {workspace_id}. There are: {', '.join(known) or '-'}."
            )
        return workspace_id
    if len(known) != 1:
        found = ", ".join(known) or "none yet; make one with: waypost workspace create"
        raise BadInputError(f"Say which workspace with --workspace. There are: {found}.")
    return known[0]
