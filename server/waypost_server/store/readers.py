"""Whom mails are for: what their footer says of them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, EndUser


class Reader(NamedTuple):
    """The name of their account ('' = it has none) and the language they read, where they are known."""

    account: str
    locale: str | None


def of_person(session: Session, workspace_id: str, account_id: str, user_id: str) -> Reader:
    """Of one person in one account."""
    account = session.get(Account, (workspace_id, account_id))
    person = session.get(EndUser, (workspace_id, user_id))
    return Reader((account.name if account else "") or "", person.locale if person else None)
