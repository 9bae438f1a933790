"""What is stored of many people themselves, in a statement a part: many times faster than a statement a person.

Each part holds the very rows that `store.facts` reads for one person, so the facts made of them are the same.
Parts of the account are not read here: they are read once an account, not once a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from waypost_server.store import bulk, fact_windows, facts
from waypost_server.store.fact_dialects import Dialect, Postgres, Sqlite

decode = msgspec.json.Decoder().decode
Pair = tuple[str, str]  # account, user
Parts = dict[str, Any]
FAMILIES = frozenset({"user", "usage", "milestone"})  # the facts for which these parts suffice
_ROWS = frozenset({"usage", "usage_windows", "milestones"})  # the others are one row a person
_JSON = {"user": 5, "milestones": 2}  # the column that holds a document


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


def personal(
    session: Session,
    is_sqlite: bool,
    wanted: facts.Wanted,
    subject: facts.Subject,
    pairs: Sequence[Pair],
    *,
    profile: bool,
) -> list[Parts | None]:
    """The parts of each pair, in order; None where nothing is stored. The rest is `subject`'s.

    `profile` asks for the person and the membership too.
    """
    dialect: Dialect = Sqlite() if is_sqlite else Postgres()
    names = {**facts.placeholders(dialect, wanted), "pairs": source(dialect)}
    values = facts.parameters(is_sqlite, wanted, subject) | given(dialect, pairs)
    found: list[Parts | None] = [None] * len(pairs)
    for part, statement in _statements(dialect, wanted, profile=profile).items():
        _add(found, part, bulk.fetched(session.connection(), statement.format_map(names), values))
    return found


def _add(found: list[Parts | None], part: str, rows: Sequence[Sequence[Any]]) -> None:
    document = _JSON.get(part)
    for n, *row in rows:
        if document is not None:
            row[document] = decode(row[document])
        parts = found[n]
        if parts is None:
            parts = found[n] = {}
        if part in _ROWS:
            parts.setdefault(part, []).append(row)
        else:
            parts[part] = row


def _statements(dialect: Dialect, wanted: facts.Wanted, *, profile: bool) -> Mapping[str, str]:
    """A statement by part. Cross joins, so that SQLite starts from the people and never from the table."""
    mine = "workspace_id = {ws} and account_id = p.a and user_id = p.u"
    found = {}
    if profile:
        day, document = dialect.written("first_day"), dialect.written("traits")
        found["user"] = (
            f"select n, email, name, locale, timezone, {day}, {document}"
            " from {pairs} cross join end_user where workspace_id = {ws} and id = p.u"
        )
        found["membership"] = f"select n, role, {day} from {{pairs}} cross join membership where {mine}"
    if wanted.usage:
        first, last = dialect.moment("first_at"), dialect.moment("last_at")
        found["usage"] = (
            f"select n, feature, total, {first}, {last} from {{pairs}} cross join usage_total"
            f" where {mine} and {dialect.among('feature', 'usage')}"
        )
    if wanted.usage_windows:
        fields = wanted.usage_fields
        found["usage_windows"] = (
            f"select n, feature, {fact_windows.columns(dialect, fields, days='count(*)')}"
            f" from {{pairs}} cross join usage_day where {mine} and {dialect.among('feature', 'usage_windows')}"
            f" and day > {{{fact_windows.longest(fields)}}} group by n, feature"
        )
    if wanted.milestones:
        steps, reached = dialect.written("steps"), dialect.moment("reached_at")
        found["milestones"] = (
            f"select n, milestone, user_id, {steps}, {reached} from {{pairs}} cross join milestone_state"
            f" where {mine} and {dialect.among('milestone', 'milestones')}"
        )
    return found
