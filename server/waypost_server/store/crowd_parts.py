"""What is stored of many accounts themselves, a statement a part: many times faster than a statement an account.

Each part holds the very rows that `store.facts` reads for one account, so the facts made of them are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from waypost_server.store import bulk, fact_windows, facts
from waypost_server.store.fact_dialects import Dialect, Postgres, Sqlite

decode = msgspec.json.Decoder().decode
Pair = tuple[str, str]  # account, user
Parts = dict[str, Any]
_SINGLE = frozenset({"account", "account_users", "adoption", "peers"})  # one row an account
_JSON = {"account": 6, "milestones": 2, "peers": 0}  # the column that holds a document


def source(dialect: Dialect) -> str:
    """The pairs as rows `p(n, a, u)`, n from 0; `given` has the values."""
    if isinstance(dialect, Sqlite):
        columns = "key n, json_extract(value, '$[0]') a, json_extract(value, '$[1]') u"
        return f"(select {columns} from json_each(:pairs)) p"
    rows = "unnest(%(pair_accounts)s::text[], %(pair_users)s::text[]) with ordinality"
    return f"(select i - 1 as n, a, u from {rows} as r(a, u, i)) p"


def given(dialect: Dialect, pairs: Sequence[Pair]) -> dict[str, str]:
    """The values for `source`."""
    if isinstance(dialect, Sqlite):
        return {"pairs": msgspec.json.encode(pairs).decode()}
    accounts, users = zip(*pairs, strict=True) if pairs else ((), ())
    return {"pair_accounts": bulk.array_literal(accounts), "pair_users": bulk.array_literal(users)}


def of_accounts(
    session: Session,
    is_sqlite: bool,
    wanted: facts.Wanted,
    subject: facts.Subject,
    account_ids: Sequence[str],
) -> list[Parts]:
    """The parts of each account, in order. The rest of the question is `subject`'s."""
    dialect: Dialect = Sqlite() if is_sqlite else Postgres()
    names = {**facts.placeholders(dialect, wanted), "pairs": source(dialect)}
    values = facts.parameters(is_sqlite, wanted, subject) | given(
        dialect, [(each, "") for each in account_ids]
    )
    found: list[Parts] = [{"account": None} for _ in account_ids]
    for part, statement in _statements(dialect, wanted):
        _add(found, part, bulk.fetched(session.connection(), statement.format_map(names), values))
    return found


def _add(found: list[Parts], part: str, rows: Sequence[Sequence[Any]]) -> None:
    document = _JSON.get(part)
    for n, *row in rows:
        if document is not None:
            row[document] = decode(row[document])
        if part in _SINGLE:
            found[n][part] = row
        else:
            found[n].setdefault(part, []).append(row)


def _statements(dialect: Dialect, wanted: facts.Wanted) -> Iterator[tuple[str, str]]:
    """A statement by part. Cross joins, so that SQLite starts from the accounts and never from the table."""
    mine = "workspace_id = {ws} and account_id = p.a"
    yield "account", _account(dialect, wanted.owner)
    if wanted.account_users:
        users = "(select count(*) from membership where workspace_id = {ws} and account_id = p.a)"
        yield "account_users", f"select n, {users} from {{pairs}}"
    if wanted.adoption:
        columns = "adoption, adoption_score, unmet_behaviours, next_step"
        yield (
            "adoption",
            f"select n, {columns} from {{pairs}} cross join account where workspace_id = {{ws}} and id = p.a",
        )
    if wanted.peers:
        shares = dialect.written("shares")
        yield "peers", f"select n, {shares} from {{pairs}} cross join account_peers where {mine}"
    if wanted.account_usage:
        yield (
            "account_usage",
            f"select n, feature, sum(total), {dialect.moment('max(last_at)')} from {{pairs}}"
            f" cross join usage_total where {mine} and {dialect.among('feature', 'account_usage')}"
            " group by n, feature",
        )
    if wanted.account_windows:
        days = _days(dialect, wanted.account_fields, "account_windows")
        yield "account_windows", f"select n, d.feature, {days} group by n, d.feature"
    if wanted.role_windows:
        days = _days(dialect, wanted.role_fields, "role_windows")
        among = dialect.among("m.role", "roles")
        yield "role_windows", f"select n, m.role, d.feature, {days} and {among} group by n, m.role, d.feature"
    if wanted.role_users:
        yield (
            "role_users",
            f"select n, role, count(*) from {{pairs}} cross join membership where {mine}"
            f" and {dialect.among('role', 'roles')} group by n, role",
        )
    if wanted.milestones:
        steps, reached = dialect.written("steps"), dialect.moment("reached_at")
        yield (
            "milestones",
            f"select n, milestone, user_id, {steps}, {reached} from {{pairs}} cross join milestone_state"
            f" where {mine} and user_id = '' and {dialect.among('milestone', 'milestones')}",
        )
    if wanted.signals:
        yield "signals", _signals(dialect, mine)


def _account(dialect: Dialect, owner: bool) -> str:
    by = (
        "(select c.name from console_user c where c.workspace_id = {ws} and c.id = a.owner)"
        if owner
        else "null"
    )
    first, renewal, traits = (dialect.written(f"a.{name}") for name in ("first_day", "renewal_on", "traits"))
    return (
        f"select n, a.name, a.segment, a.motion, {by}, {first}, {renewal}, {traits}"
        " from {pairs} cross join account a where a.workspace_id = {ws} and a.id = p.a"
    )


def _days(dialect: Dialect, fields: Sequence[str], features: str) -> str:
    """Columns and source of what the members of each account did by day; the key has the person first."""
    counted = fact_windows.columns(dialect, fields, days="count(distinct day)", user="d.user_id")
    return (
        f"{counted} from {{pairs}} cross join membership m cross join usage_day d"
        " where m.workspace_id = {ws} and m.account_id = p.a"
        " and d.workspace_id = {ws} and d.account_id = p.a and d.user_id = m.user_id"
        f" and {dialect.among('d.feature', features)} and d.day > {{{fact_windows.longest(fields)}}}"
    )


def _signals(dialect: Dialect, mine: str) -> str:
    """The newest of each account, as many as `store.facts` reads."""
    return (
        f"select n, kind, severity, {dialect.moment('opened_at')} from (select n, kind, severity, opened_at,"
        " row_number() over (partition by n order by opened_at desc) as place from {pairs} cross join signal"
        f" where {mine} and state = 'open' and {dialect.among('kind', 'signals')}) w"
        f" where place <= {facts.SIGNALS} order by n, opened_at desc"
    )
