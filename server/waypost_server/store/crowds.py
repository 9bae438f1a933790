"""Facts about many people at once: the statement of `store.facts`, run beside a list of people.

Each answer is exactly what a decision would read for that person, so an audience counted here is the one met
there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store import facts
from waypost_server.store.fact_dialects import Postgres, Sqlite
from waypost_server.store.tables import Account, Membership

FETCH = 5_000


class Member(NamedTuple):
    """A person in an account, with the role held there."""

    account_id: str
    user_id: str
    role: str | None


def members(session: Session, workspace_id: str) -> Iterator[Member]:
    """Every person in every account, a few thousand rows in memory at a time."""
    query = select(Membership.account_id, Membership.user_id, Membership.role)
    query = query.where(Membership.workspace_id == workspace_id).order_by(
        Membership.account_id, Membership.user_id
    )
    for row in session.execute(query.execution_options(yield_per=FETCH)):
        yield Member(*row)


def people(session: Session, workspace_id: str) -> int:
    """How many people belong to an account."""
    count = select(func.count(Membership.user_id.distinct())).where(Membership.workspace_id == workspace_id)
    return session.scalar(count) or 0


def accounts(session: Session, workspace_id: str) -> list[str]:
    """Every account's id."""
    query = select(Account.id).where(Account.workspace_id == workspace_id).order_by(Account.id)
    return list(session.scalars(query))


def names(session: Session, workspace_id: str, account_ids: Sequence[str]) -> dict[str, str]:
    """Account id → name, "" where it has none."""
    query = select(Account.id, Account.name).where(
        Account.workspace_id == workspace_id, Account.id.in_(account_ids)
    )
    return {row.id: row.name for row in session.execute(query)}


def parts(
    session: Session,
    is_sqlite: bool,
    wanted: facts.Wanted,
    subject: facts.Subject,
    pairs: Sequence[tuple[str, str]],
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(account, user, parts) for each of `pairs`; user '' reads the account alone. The rest is `subject`'s."""
    dialect = Sqlite() if is_sqlite else Postgres()
    found = facts.parts_of(dialect, wanted)
    columns = {**facts.placeholders(dialect, wanted), "user": "p.u", "acc": "p.a"}
    whole = dialect.whole(found.values()).format_map(columns)
    values = facts.parameters(is_sqlite, wanted, subject)
    if is_sqlite:
        source = (
            "(select json_extract(value, '$[0]') a, json_extract(value, '$[1]') u from json_each(:pairs)) p"
        )
        values["pairs"] = msgspec.json.encode(pairs).decode()
    else:
        source = "unnest(%(pair_accounts)s::text[], %(pair_users)s::text[]) as p(a, u)"
        values["pair_accounts"] = [account for account, _ in pairs]
        values["pair_users"] = [user for _, user in pairs]
    rows = session.connection().exec_driver_sql(f"select p.a, p.u, {whole} from {source}", values)
    for account_id, user_id, answer in rows:
        yield account_id, user_id, facts.named(answer, tuple(found))
