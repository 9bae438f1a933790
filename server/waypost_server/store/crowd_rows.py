"""What a condition reads of many people themselves: one statement for all of them, one row a person.

Only the columns that the condition reads travel. Each cell is what `store.facts` reads for one person, so the
facts made of a row are those of a decision. What is the same for a whole account is not read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import msgspec
from sqlalchemy.orm import Session

from waypost_server.store import bulk, crowd_parts, fact_windows
from waypost_server.store.fact_dialects import Dialect, Postgres, Sqlite
from waypost_server.store.fact_history import LIVE
from waypost_server.store.facts import Subject
from waypost_server.store.stream import streamed
from waypost_server.store.times import time_text

FETCH = 10_000  # rows in memory at a time
MOST = 40  # features and milestones in one statement; SQLite joins no more than 64 tables
PROFILE = ("email", "name", "locale", "timezone", "first_day", "traits")  # of `end_user`, as parts hold them
Row = tuple[Any, ...]  # account, user, role, and a cell for each column

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Cells:
    """What to read of each person beside account, id and role."""

    profile: tuple[str, ...] = ()  # columns of PROFILE
    role_traits: bool = False  # the traits of those without a role: one of them may be called so
    member_since: bool = False
    usage: tuple[str, ...] = ()  # features: the total, and
    moments: tuple[str, ...] = ()  # of "first_at" and "last_at" those asked for
    windows: tuple[str, ...] = ()  # features, each with all of
    fields: tuple[str, ...] = ()
    milestones: tuple[str, ...] = ()
    nudges: tuple[str, ...] = ()  # how often each was shown, when last, and how often each of
    reactions: tuple[str, ...] = ()  # followed

    @property
    def joined(self) -> int:
        """How many tables the statement joins for them."""
        return len(self.usage) + len(self.milestones)


class Column(NamedTuple):
    """A cell's meaning: the column `name` of the row that `key` has in a part."""

    part: str
    key: str
    name: str


@lru_cache(maxsize=256)
def columns(cells: Cells) -> tuple[Column, ...]:
    """What each cell of a row means, from the fourth on."""
    found = [Column("user", "", name) for name in cells.profile]
    found += [Column("user", "", "traits")] if cells.role_traits else []
    found += [Column("membership", "", "first_day")] if cells.member_since else []
    found += [Column("usage", key, name) for key in cells.usage for name in ("total", *cells.moments)]
    found += [Column("usage_windows", key, name) for key in cells.windows for name in cells.fields]
    found += [Column("milestones", key, name) for key in cells.milestones for name in ("steps", "reached_at")]
    found += [
        Column("nudges", key, name) for key in cells.nudges for name in ("shown", "last_at", *cells.reactions)
    ]
    return tuple(found)


def everybody(session: Session, cells: Cells, subject: Subject) -> Iterator[list[Row]]:
    """Every person in every account of the subject's workspace, FETCH at a time."""
    return _read(session, cells, subject, None)


def some(
    session: Session, cells: Cells, subject: Subject, pairs: Sequence[tuple[str, str]]
) -> Iterator[list[Row]]:
    """Those of `pairs` (account, user) who are members."""
    return _read(session, cells, subject, pairs)


def parts_of(row: Row, cells: Cells) -> dict[str, Any]:
    """The row as the parts that `store.facts` names; what was not asked for is None."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for column, cell in zip(columns(cells), row[3:], strict=True):
        found.setdefault(column.part, {}).setdefault(column.key, {})[column.name] = cell
    user, member = (found.get(part, {}).get("", {}) for part in ("user", "membership"))
    if user.get("traits") is not None:
        user["traits"] = _decode(user["traits"])
    parts: dict[str, Any] = {
        "user": tuple(user.get(name) for name in PROFILE),
        "membership": (row[2], member.get("first_day")),
        "usage": [
            (key, each["total"], each.get("first_at"), each.get("last_at"))
            for key, each in found.get("usage", {}).items()
            if each["total"] is not None
        ],
        "usage_windows": [(key, *each.values()) for key, each in found.get("usage_windows", {}).items()],
        "milestones": [
            (key, row[1], _decode(each["steps"]), each["reached_at"])
            for key, each in found.get("milestones", {}).items()
            if each["steps"] is not None
        ],
    }
    told = found.get("nudges", {}).items()
    parts["offers"] = [(key, each["shown"], each["last_at"]) for key, each in told if each["shown"]]
    parts["reactions"] = [
        (key, name, each[name]) for key, each in told for name in cells.reactions if each[name]
    ]
    return parts


def _read(
    session: Session, cells: Cells, subject: Subject, pairs: Sequence[tuple[str, str]] | None
) -> Iterator[list[Row]]:
    connection = session.connection()
    dialect: Dialect = Sqlite() if bulk.is_sqlite(connection) else Postgres()
    values = {"ws": subject.workspace_id, **_keys(cells), **fact_windows.cutoffs(cells.fields, subject.today)}
    values["stale"] = time_text(subject.now - subject.claim_lasts)
    if pairs is not None:
        values |= crowd_parts.given(dialect, pairs)
    return streamed(connection, _statement(dialect, cells, pairs is None), values, FETCH, whole=pairs is None)


def _keys(cells: Cells) -> Mapping[str, str]:
    named = (
        ("usage", cells.usage),
        ("windows", cells.windows),
        ("milestone", cells.milestones),
        ("nudge", cells.nudges),
        ("reaction", cells.reactions),
    )
    return dict(
        chain.from_iterable(((f"{kind}_{i}", key) for i, key in enumerate(keys)) for kind, keys in named)
    )


def _statement(dialect: Dialect, cells: Cells, of_all: bool) -> str:
    """A row a member. Cross joins, so that SQLite starts from the people asked for."""
    found = ["m.account_id", "m.user_id", "m.role", *_profile(dialect, cells)]
    joins = ["left join end_user e on e.workspace_id = {ws} and e.id = m.user_id"] if cells.profile else []
    mine = "{t}.workspace_id = {{ws}} and {t}.account_id = m.account_id and {t}.user_id = m.user_id"
    for i, _feature in enumerate(cells.usage):
        found += [f"u{i}.total", *(dialect.moment(f"u{i}.{name}") for name in cells.moments)]
        joins.append(
            f"left join usage_total u{i} on {mine.format(t=f'u{i}')} and u{i}.feature = {{usage_{i}}}"
        )
    for i, _feature in enumerate(cells.windows):
        source = f"usage_day d where {mine.format(t='d')} and d.feature = {{windows_{i}}}"
        found += [_counted(dialect, field, source) for field in cells.fields]
    for i, _milestone in enumerate(cells.milestones):
        found += [dialect.written(f"s{i}.steps"), dialect.moment(f"s{i}.reached_at")]
        joins.append(
            f"left join milestone_state s{i} on {mine.format(t=f's{i}')} and s{i}.milestone = {{milestone_{i}}}"
        )
    for i, _nudge in enumerate(cells.nudges):
        found += _of_nudge(
            dialect, cells, f"workspace_id = {{ws}} and user_id = m.user_id and nudge = {{nudge_{i}}}"
        )
    source = "membership m" if of_all else f"{crowd_parts.source(dialect)} cross join membership m"
    chosen = "" if of_all else " and m.account_id = p.a and m.user_id = p.u"
    text = f"select {', '.join(found)} from {source} {' '.join(joins)} where m.workspace_id = {{ws}}{chosen}"
    names = {name: dialect.text(name) for name in ("ws", *_keys(cells))}
    days = {name: dialect.day(name) for name in fact_windows.names(cells.fields)}
    return text.format_map({**names, **days, "stale": dialect.time("stale")})


def _profile(dialect: Dialect, cells: Cells) -> Iterator[str]:
    for name in cells.profile:
        yield dialect.written(f"e.{name}") if name in ("first_day", "traits") else f"e.{name}"
    if cells.role_traits:
        traits = (
            f"select {dialect.written('traits')} from end_user where workspace_id = {{ws}} and id = m.user_id"
        )
        yield f"case when m.role is null then ({traits}) end"
    if cells.member_since:
        yield dialect.written("m.first_day")


def _of_nudge(dialect: Dialect, cells: Cells, mine: str) -> Iterator[str]:
    offers = f"from offer where {mine} and {LIVE})"
    yield from (f"(select count(*) {offers}", f"(select {dialect.moment('max(claimed_at)')} {offers}")
    for i, _reaction in enumerate(cells.reactions):
        yield f"(select count(distinct offer_id) from interaction where {mine} and reaction = {{reaction_{i}}})"


def _counted(dialect: Dialect, field: str, source: str) -> str:
    """A field of one feature's days, by itself: a sub-select a cell, since SQLite joins no lateral one."""
    column = fact_windows.columns(dialect, (field,), days="count(*)")
    return f"(select {column} from {source} and d.day > {{{fact_windows.longest((field,))}}})"
