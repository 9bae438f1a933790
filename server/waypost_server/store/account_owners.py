"""Whom people named as owners of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, AccountOwner


def add(session: Session, values: Mapping[str, Any]) -> None:
    """Note what a person said."""
    session.execute(insert(AccountOwner).values(**values))


def history(session: Session, workspace_id: str, account_id: str, *, limit: int = 50) -> list[AccountOwner]:
    """What was said of an account, the newest first."""
    return list(
        session.scalars(
            select(AccountOwner)
            .where(AccountOwner.workspace_id == workspace_id, AccountOwner.account_id == account_id)
            .order_by(AccountOwner.id.desc())
            .limit(limit)
        )
    )


def apply(
    session: Session, workspace_id: str, account_id: str, *, owner: str | None, word: str | None
) -> None:
    """Write the owner in force, and whom a person named: None = the trait decides."""
    session.execute(
        update(Account)
        .where(Account.workspace_id == workspace_id, Account.id == account_id)
        .values(owner=owner, owner_set=word)
        .execution_options(synchronize_session=False)
    )
