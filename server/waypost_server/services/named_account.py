"""The account that somebody names by its id, held while something about it changes."""

from __future__ import annotations

from sqlalchemy.orm import Session

from waypost_server.domain.errors import NotFoundError
from waypost_server.store import play_runs
from waypost_server.store.tables import Account


def locked(session: Session, workspace_id: str, account_id: str) -> Account:
    """The account, locked until the transaction ends. Raises NotFoundError."""
    account = play_runs.lock_accounts(session, workspace_id, {account_id}).get(account_id)
    if account is None:
        raise NotFoundError("There is no such account in this workspace.")
    return account
