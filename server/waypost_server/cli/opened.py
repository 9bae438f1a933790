"""What a command about a workspace begins with. Imports at the call, so that `--help` stays quick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from waypost_server.services.runtime import Runtime

ACTOR = "command line"


@contextmanager
def opened(workspace: str | None) -> Iterator[tuple[Runtime, str]]:
    """The runtime and the workspace meant: the one named, or the only one.

    Raises NotFoundError or BadInputError.
    """
    from waypost_server.cli.runtime import one_workspace, open_runtime

    with open_runtime() as runtime:
        yield runtime, one_workspace(runtime, workspace)


@contextmanager
def opened_by(email: str, workspace: str | None) -> Iterator[tuple[Runtime, str, str]]:
    """As `opened`, and the id of the person who decides.

    Raises BadInputError when nobody of that e-mail may log in.
    """
    from waypost_server.services import named_person

    with opened(workspace) as (runtime, workspace_id):
        yield runtime, workspace_id, named_person.by_email(runtime, workspace_id, email)
