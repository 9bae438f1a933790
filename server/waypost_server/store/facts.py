"""Everything a decision looks at, for one person in one account, in one statement.

The statement is one JSON array of parts, each a scalar subquery on an index; parts nobody needs are left
out. Both databases get the same shape. It runs on the raw driver connection, because the object mapper
costs more than the query. Every part names the workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from waypost_server.store import fact_history, fact_windows
from waypost_server.store.fact_dialects import Dialect, Postgres, Sqlite
from waypost_server.store.fact_request import AccountCap, Subject, Wanted
from waypost_server.store.times import read_time, time_text

Execute = Callable[[str, dict[str, Any]], Any]
SIGNALS = 50
WEEKS_BACK = timedelta(days=182)  # how far back active weeks are counted


def load(execute: Execute, is_sqlite: bool, wanted: Wanted, subject: Subject) -> dict[str, Any]:
    """Run the statement through `execute(sql, values) → row`; the parts by name. Times: see `moment`."""
    return parsed(read(execute, is_sqlite, wanted, subject), is_sqlite, wanted, subject)


def read(execute: Execute, is_sqlite: bool, wanted: Wanted, subject: Subject) -> bytes | str:
    """The answer as the database gave it: equal answers mean that nothing changed."""
    statement, _names = build(is_sqlite, wanted, subject.account_id is not None)
    (answer,) = execute(statement, parameters(is_sqlite, wanted, subject))
    return answer  # type: ignore[no-any-return]  # the driver's row is untyped


def parsed(answer: bytes | str, is_sqlite: bool, wanted: Wanted, subject: Subject) -> dict[str, Any]:
    """The parts of an answer by name."""
    _statement, names = build(is_sqlite, wanted, subject.account_id is not None)
    return named(answer, names)


def named(answer: bytes | str, names: tuple[str, ...]) -> dict[str, Any]:
    """The answer's parts under their names, tables as rows."""
    return {
        name: _rows_of(part) if name in _TABLES or name.startswith("account_touches") else part
        for name, part in zip(names, msgspec.json.decode(answer), strict=True)
    }


def _rows_of(columns: list[Any]) -> list[Any]:
    """Rows from columns; an empty PostgreSQL aggregate is null."""
    return list(zip(*columns, strict=True)) if columns and columns[0] else []


def moment(value: float | str) -> datetime:
    """A time as the database writes it into JSON: PostgreSQL in seconds since 1970, SQLite as UTC text."""
    if isinstance(value, str):
        return read_time(value)
    return datetime.fromtimestamp(value, UTC)


@lru_cache(maxsize=256)
def build(is_sqlite: bool, wanted: Wanted, account_given: bool) -> tuple[str, tuple[str, ...]]:
    """The statement's text and the names of its parts, in order.

    With the account given it is a plain value: no part has to wait for, or look into, a sub-select.
    """
    dialect = Sqlite() if is_sqlite else Postgres()
    parts = parts_of(dialect, wanted)
    return finished(dialect, wanted, dialect.whole(parts.values()), account_given), tuple(parts)


def finished(dialect: Dialect, wanted: Wanted, columns: str, account_given: bool) -> str:
    """The statement that selects `columns`, with the database's own placeholders."""
    text, account = f"select {columns}", dialect.text("account")
    if not account_given:
        account = "(select id from acc)"
        text = (
            "with acc as (select coalesce((select account_id from membership"
            " where workspace_id = {ws} and user_id = {user}"
            " order by last_day desc nulls last, account_id limit 1), '') as id) " + text
        )
    return text.format_map({**placeholders(dialect, wanted), "acc": account})


def placeholders(dialect: Dialect, wanted: Wanted) -> dict[str, str]:
    """How the dialect names each value of `parameters`."""
    names = {"ws": dialect.name("ws"), "user": dialect.name("user")}
    windows = [f"window_{i}" for i in range(len(wanted.windows))]
    since = [f"cap_{i}_since" for i in range(len(wanted.account_caps))]
    lists = [f"cap_{i}_{name}" for i in range(len(wanted.account_caps)) for name in ("kinds", "channels")]
    names |= {name: dialect.time(name) for name in (*_TIMES, *windows, *since)}
    names |= {name: dialect.day(name) for name in ("weeks", *fact_windows.names(_fields(wanted)))}
    names |= {name: dialect.list(name) for name in (*_LISTS, *lists)}
    return names


_LISTS = (
    "usage",
    "usage_windows",
    "account_usage",
    "account_windows",
    "role_windows",
    "roles",
    "milestones",
    "signals",
    "nudges",
    "variants",
    "surveys",
    "survey_questions",
    "week_features",
    "awaited",
)
_TIMES = ("now", "stale", "open_since", "person_since")
_TABLES = frozenset(
    {"offers", "open", "grants", "reactions", "weeks", "person_touches", "role_users", "reached", "consent"}
    | set(_LISTS) - {"week_features", "roles", "awaited", "survey_questions"}
)


def parameters(is_sqlite: bool, wanted: Wanted, subject: Subject) -> dict[str, Any]:
    """The values for the statement, all as text: the drivers dump nothing faster."""
    now, day = subject.now, subject.today
    values: dict[str, Any] = {
        **_fixed(is_sqlite, wanted),
        "ws": subject.workspace_id,
        "user": subject.user_id,
        "account": subject.account_id,
        "now": time_text(now),
        "stale": time_text(now - subject.claim_lasts),
        "open_since": time_text(now - timedelta(seconds=max(86_400, wanted.person_seconds))),
        **fact_windows.cutoffs(_fields(wanted), day),
    }
    if wanted.week_features:
        values["weeks"] = (day - WEEKS_BACK).isoformat()
    if wanted.person_seconds:
        values["person_since"] = time_text(now - timedelta(seconds=wanted.person_seconds))
    for i, days in enumerate(wanted.windows):
        values[f"window_{i}"] = time_text(now - timedelta(days=days))
    for i, cap in enumerate(wanted.account_caps):
        values[f"cap_{i}_since"] = time_text(now - timedelta(seconds=cap.per_seconds))
    return values


@lru_cache(maxsize=256)
def _fixed(is_sqlite: bool, wanted: Wanted) -> dict[str, str]:
    """The values that are the same for everybody: lists of keys."""
    write = _json if is_sqlite else _array
    found = {name: write(getattr(wanted, name)) for name in _LISTS if getattr(wanted, name)}
    for i, cap in enumerate(wanted.account_caps):
        found |= {f"cap_{i}_{name}": write(given) for name, given in fact_history.filters(cap).items()}
    return found


def _fields(wanted: Wanted) -> tuple[str, ...]:
    return (*wanted.usage_fields, *wanted.account_fields, *wanted.role_fields)


def _json(values: tuple[str, ...]) -> str:
    return msgspec.json.encode(values).decode()


def _array(values: tuple[str, ...]) -> str:
    """A PostgreSQL array as text."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def parts_of(dialect: Dialect, wanted: Wanted) -> Mapping[str, str]:
    """A scalar expression by part, in the order in which they travel."""
    rows = fact_history.rows_of(dialect)
    parts = {"account_id": f"{dialect.array}({{acc}})", **_who(dialect, wanted.owner)}
    one = "workspace_id = {ws} and account_id = {acc} and user_id = {user}"
    team = "workspace_id = {ws} and account_id = {acc}"
    parts |= _standing(dialect, wanted, team)
    if wanted.usage:
        parts["usage"] = rows(
            "feature, total, first_at, last_at",
            f"usage_total where {one} and {dialect.among('feature', 'usage')}",
        )
    if wanted.usage_windows:
        fields, since = wanted.usage_fields, fact_windows.longest(wanted.usage_fields)
        source = f"usage_day where {one} and {dialect.among('feature', 'usage_windows')}"
        parts["usage_windows"] = rows(
            ", ".join(("feature", *fields)),
            f"(select feature, {fact_windows.columns(dialect, fields, days='count(*)')} from {source}"
            f" and day > {{{since}}} group by feature) w",
        )
    if wanted.account_usage:
        parts["account_usage"] = rows(
            "feature, n, last_at",
            f"(select feature, sum(total) n, max(last_at) last_at from usage_total where {team}"
            f" and {dialect.among('feature', 'account_usage')} group by feature) w",
        )
    if wanted.account_windows:
        fields = wanted.account_fields
        measured = dialect.account_usage(
            fact_windows.columns(dialect, fields, days="count(distinct day)"), fact_windows.longest(fields)
        )
        parts["account_windows"] = rows(", ".join(("feature", *fields)), f"({measured}) w")
    if wanted.role_windows:
        fields = wanted.role_fields
        parts["role_windows"] = rows(
            ", ".join(("role", "feature", *fields)),
            f"(select role, feature, {fact_windows.columns(dialect, fields, days='count(distinct day)')}"
            f" from usage_day join (select user_id member, role from membership where {team}"
            f" and {dialect.among('role', 'roles')}) m on member = user_id where {team}"
            f" and {dialect.among('feature', 'role_windows')}"
            f" and day > {{{fact_windows.longest(fields)}}} group by role, feature) w",
        )
    if wanted.role_users:
        parts["role_users"] = rows(
            "role, n",
            f"(select role, count(*) n from membership where {team} and {dialect.among('role', 'roles')}"
            " group by role) w",
        )
    if wanted.milestones:
        parts["milestones"] = rows(
            f"milestone, user_id, {dialect.stored('steps')}, reached_at",
            f"milestone_state where {team} and user_id in ({{user}}, '')"
            f" and {dialect.among('milestone', 'milestones')}",
        )
    if wanted.signals:
        parts["signals"] = rows(
            "kind, severity, opened_at",
            f"(select kind, severity, opened_at from signal where {team} and state = 'open'"
            f" and {dialect.among('kind', 'signals')} order by opened_at desc limit {SIGNALS}) w",
        )
    parts |= fact_history.told(dialect, wanted)
    return {**parts, **(fact_history.parts(dialect, wanted) if wanted.history else {})}


def _who(dialect: Dialect, owner: bool) -> Mapping[str, str]:
    """The person, the account and the membership: the parts everybody needs."""
    by = "null"
    if owner:
        by = "(select c.name from console_user c where c.workspace_id = {ws} and c.id = a.owner)"
    return {
        "user": f"(select {dialect.array}(email, name, locale, timezone, first_day, {dialect.stored('traits')})"
        " from end_user where workspace_id = {ws} and id = {user})",
        "account": f"(select {dialect.array}(a.name, a.segment, a.motion, {by}, a.first_day, a.renewal_on,"
        f" {dialect.stored('a.traits')})"
        " from account a where a.workspace_id = {ws} and a.id = {acc})",
        "membership": f"(select {dialect.array}(role, first_day) from membership"
        " where workspace_id = {ws} and account_id = {acc} and user_id = {user})",
    }


def _standing(dialect: Dialect, wanted: Wanted, team: str) -> Mapping[str, str]:
    """How the account as a whole stands: its people, its latest score, and what companies like it do."""
    parts = {}
    if wanted.account_users:
        parts["account_users"] = f"(select {dialect.array}(count(*)) from membership where {team})"
    if wanted.adoption:
        parts["adoption"] = (
            f"(select {dialect.array}(adoption, adoption_score, unmet_behaviours, next_step)"
            " from account where workspace_id = {ws} and id = {acc})"
        )
    if wanted.peers:
        parts["peers"] = (
            f"(select {dialect.array}({dialect.stored('shares')}) from account_peers where {team})"
        )
    return parts


__all__ = [
    "AccountCap", "Execute", "Subject", "Wanted", "build", "finished", "load", "moment", "parameters", "parsed",
    "parts_of", "read",
]  # fmt: skip
