"""Whom mails are for: what their footer says of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store.tables import Account, Delivery, EndUser


class Reader(NamedTuple):
    """The name of their account ('' = it has none) and the language they read, where they are known."""

    account: str
    locale: str | None


def of_deliveries(session: Session, workspace_id: str, ids: Collection[str]) -> dict[str, Reader]:
    """By delivery, in one statement."""
    found = session.execute(
        select(Delivery.id, Account.name, EndUser.locale)
        .select_from(Delivery)
        .outerjoin(
            Account, (Account.workspace_id == Delivery.workspace_id) & (Account.id == Delivery.account_id)
        )
        .outerjoin(
            EndUser, (EndUser.workspace_id == Delivery.workspace_id) & (EndUser.id == Delivery.user_id)
        )
        .where(Delivery.workspace_id == workspace_id, Delivery.id.in_(ids))
    )
    return {id_: Reader(name or "", locale) for id_, name, locale in found}


def of_person(session: Session, workspace_id: str, account_id: str, user_id: str) -> Reader:
    """Of one person in one account."""
    account = session.get(Account, (workspace_id, account_id))
    person = session.get(EndUser, (workspace_id, user_id))
    return Reader((account.name if account else "") or "", person.locale if person else None)
