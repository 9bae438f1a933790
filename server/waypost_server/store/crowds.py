"""Facts about many people at once: the statement of `store.facts`, run beside a list of people.

Each answer is exactly what a decision would read for that person, so an audience counted here is the one met
there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.store import crowd_parts, facts
from waypost_server.store.fact_dialects import Dialect, Postgres, Sqlite
from waypost_server.store.tables import Account, Membership


class Member(NamedTuple):
    """A person in an account, with the role held there."""

    account_id: str
    user_id: str
    role: str | None


def size(session: Session, workspace_id: str) -> tuple[int, int]:
    """How many people are in accounts, and how many there are: in two accounts is twice in the first number."""
    counts = select(func.count(), func.count(Membership.user_id.distinct()))
    found = session.execute(counts.where(Membership.workspace_id == workspace_id)).one()
    return found[0], found[1]


def some(session: Session, workspace_id: str, count: int) -> list[Member]:
    """`count` people in accounts, at random; all if there are fewer."""
    query = select(Membership.account_id, Membership.user_id, Membership.role)
    mine = query.where(Membership.workspace_id == workspace_id)
    return [Member(*row) for row in session.execute(mine.order_by(func.random()).limit(count))]


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
    """(account, user, parts) for each of `pairs`, in their order; user '' reads the account alone.

    The rest of the question is `subject`'s.
    """
    dialect: Dialect = Sqlite() if is_sqlite else Postgres()
    found = facts.parts_of(dialect, wanted)
    columns = {**facts.placeholders(dialect, wanted), "user": "p.u", "acc": "p.a"}
    whole = dialect.whole(found.values()).format_map(columns)
    values = facts.parameters(is_sqlite, wanted, subject) | crowd_parts.given(dialect, pairs)
    statement = f"select p.a, p.u, {whole} from {crowd_parts.source(dialect)} order by n"
    for account_id, user_id, answer in session.connection().exec_driver_sql(statement, values):
        yield account_id, user_id, facts.named(answer, tuple(found))
