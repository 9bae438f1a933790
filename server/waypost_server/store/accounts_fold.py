"""Accounts, as ingest writes them: touched, days, and traits by last writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.tables import Account, ConsoleUser

SEEN = bulk.columns("id, first_day date, last_day date")
TOUCH = """
insert into account (workspace_id, id, touched, first_day, last_day)
select {0}, r.id, 1, r.first_day, r.last_day from {rows} where true
on conflict (workspace_id, id) do update set
  touched = account.touched + 1,
  first_day = case when account.first_day is null or excluded.first_day < account.first_day
                   then excluded.first_day else account.first_day end,
  last_day = case when account.last_day is null or excluded.last_day > account.last_day
                  then excluded.last_day else account.last_day end
where account.evaluated >= account.touched or account.lease_until is not null
  or account.first_day is null or excluded.first_day < account.first_day
  or account.last_day is null or excluded.last_day > account.last_day
"""


class Seen(NamedTuple):
    """An account in which something happened."""

    id: str
    first_day: date
    last_day: date


class Stored(NamedTuple):
    """What an account keeps of its traits."""

    id: str
    traits: dict[str, Any]
    stamps: dict[str, str]
    owner: str | None
    owner_set: str | None
    segment: str | None
    motion: str | None
    motion_set: str | None
    motion_until: datetime | None


def touch(session: Session, workspace_id: str, seen: Iterable[Seen]) -> None:
    """Mark accounts as due for evaluation, making new ones.

    One that is due already and that no worker holds is left alone: whoever evaluates it next sees this
    batch. While a worker holds it, the mark goes up, because that worker may have read too early.
    """
    bulk.run(session, TOUCH, SEEN, sorted(seen), (workspace_id,))


def traits(session: Session, workspace_id: str, account_ids: Sequence[str]) -> list[Stored]:
    """Traits of these accounts."""
    rows = session.execute(
        select(
            Account.id,
            Account.traits,
            Account.traits_at,
            Account.owner,
            Account.owner_set,
            Account.segment,
            Account.motion,
            Account.motion_set,
            Account.motion_until,
        ).where(Account.workspace_id == workspace_id, Account.id.in_(account_ids))
    )
    return [Stored(*row) for row in rows]


def set_profiles(session: Session, workspace_id: str, profiles: Sequence[Mapping[str, Any]]) -> None:
    """Write traits with what is read from them; the caller holds the rows' locks."""
    if profiles:
        session.execute(update(Account), [{"workspace_id": workspace_id, **each} for each in profiles])


def console_user_ids(session: Session, workspace_id: str, emails: Sequence[str]) -> dict[str, str]:
    """Console users by lower-case e-mail."""
    rows = session.execute(
        select(func.lower(ConsoleUser.email), ConsoleUser.id).where(
            ConsoleUser.workspace_id == workspace_id, func.lower(ConsoleUser.email).in_(emails)
        )
    )
    return {row[0]: row[1] for row in rows}
