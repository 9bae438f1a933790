"""What a command about a workspace begins with. Imports at the call, so that `--help` stays quick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from waypost_server.services.runtime import Runtime
    from waypost_server.store.tables import Account

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


@contextmanager
def opened_account(account: str, workspace: str | None) -> Iterator[tuple[Session, Account]]:
    """A session to read in, and the account meant. Raises NotFoundError."""
    from waypost_server.domain.errors import NotFoundError
    from waypost_server.store import profiles

    with opened(workspace) as (runtime, workspace_id), runtime.db.read() as session:
        found = profiles.account(session, workspace_id, account)
        if found is None:
            raise NotFoundError(f"There is no account {account} in this workspace.")
        yield session, found
