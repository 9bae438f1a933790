"""Who belongs to which account, since when and in which role; written by ingest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.store import bulk
from waypost_server.store.tables import Account, Membership
from waypost_server.store.times import read_day

ACCOUNTS = 20  # of one user that anything looks at
USER = bulk.columns("id")
LAST_KNOWN = """
select r.id, (select m.account_id from membership m where m.workspace_id = {0} and m.user_id = r.id
  order by m.last_day desc nulls last, m.account_id limit 1) from {rows}
"""
PAIR = bulk.columns("account_id, user_id")
KNOWN = """
select m.account_id, m.user_id, m.first_day, m.last_day from {rows}
cross join membership m where m.workspace_id = {0} and m.account_id = r.account_id and m.user_id = r.user_id
"""
SEEN = bulk.columns("account_id, user_id, role, role_at, first_day date, last_day date")
SEE = """
insert into membership (workspace_id, account_id, user_id, role, role_at, first_day, last_day)
select {0}, r.account_id, r.user_id, r.role, r.role_at, r.first_day, r.last_day from {rows} where true
on conflict (workspace_id, account_id, user_id) do update set
  role = case when coalesce(excluded.role_at, '') > coalesce(membership.role_at, '')
              then excluded.role else membership.role end,
  role_at = case when coalesce(excluded.role_at, '') > coalesce(membership.role_at, '')
                 then excluded.role_at else membership.role_at end,
  first_day = case when excluded.first_day < membership.first_day
                   then excluded.first_day else membership.first_day end,
  last_day = case when excluded.last_day > membership.last_day
                  then excluded.last_day else membership.last_day end
where excluded.first_day < membership.first_day or excluded.last_day > membership.last_day
  or coalesce(excluded.role_at, '') > coalesce(membership.role_at, '')
"""


class Seen(NamedTuple):
    """A user active in an account. `role_at` is the stamp of the event that named the role."""

    account_id: str
    user_id: str
    role: str | None
    role_at: str | None
    first_day: date
    last_day: date


def account_traits(session: Session, workspace_id: str, user_id: str) -> Sequence[dict[str, Any]]:
    """The traits of the accounts that a user was last active in."""
    found = (
        select(Account.traits)
        .join(
            Membership,
            (Membership.workspace_id == Account.workspace_id) & (Membership.account_id == Account.id),
        )
        .where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
        .order_by(Membership.last_day.desc().nulls_last(), Account.id)
        .limit(ACCOUNTS)
    )
    return session.scalars(found).all()


def last_accounts(session: Session, workspace_id: str, user_ids: Sequence[str]) -> dict[str, str]:
    """The account each user was last active in; users without one are left out."""
    if not user_ids:
        return {}
    rows = bulk.run(session, LAST_KNOWN, USER, [(each,) for each in user_ids], (workspace_id,))
    return {user_id: account_id for user_id, account_id in rows if account_id is not None}


def existing(
    session: Session, workspace_id: str, pairs: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[date, date]]:
    """First and last day of those (account, user) that are members."""
    rows = bulk.run(session, KNOWN, PAIR, sorted(pairs), (workspace_id,))
    return {
        (account_id, user_id): (read_day(first), read_day(last)) for account_id, user_id, first, last in rows
    }


def see(session: Session, workspace_id: str, seen: Iterable[Seen]) -> None:
    """Add memberships, or widen them where that changes anything; the role with the greatest stamp stays."""
    bulk.run(session, SEE, SEEN, sorted(seen, key=lambda each: tuple(each[:2])), (workspace_id,))
