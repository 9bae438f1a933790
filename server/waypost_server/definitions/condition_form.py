"""A condition as rows of a form, and rows as a condition: fact, operator, value; in groups one level deep.

What the rows cannot hold (`$not`, `$elemMatch`, deeper groups …) is no form: `read_form` returns None, and the
condition is edited as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from waypost_server.domain import facts
from waypost_server.domain.condition_errors import ConditionError
from waypost_server.domain.conditions import compile_condition

Joint = Literal["all", "any"]
WITHOUT_VALUE: Mapping[str, Any] = {
    "yes": True,
    "no": False,
    "known": {"$exists": True},
    "unknown": {"$exists": False},
}
SAVED = "$savedGroup"  # stands where a fact stands: the subject is in the group
SEVERAL = ("$in", "$nin", "$all")
PATTERNS = ("$regex", "$notRegex")
VERSIONS = ("$veq", "$vne", "$vgt", "$vgte", "$vlt", "$vlte")
NAMED_GROUPS = ("$inGroup", "$notInGroup")
_AS_WRITTEN = (*PATTERNS, *VERSIONS, *NAMED_GROUPS)  # whose value is text, whatever it looks like
_BOUNDS = ("$gte", "$lte", "$gt", "$lt")
_MAYBE = ("known", "unknown")
OPERATORS: Mapping[str, tuple[str, ...]] = {  # by the type of the fact
    "number": ("=", *_BOUNDS, "$ne", "$in", *_MAYBE),
    "text": ("=", "$ne", "$in", "$nin", *NAMED_GROUPS, *PATTERNS, *VERSIONS, *_MAYBE),
    "boolean": ("yes", "no"),
    "any": (
        *("=", "$ne", "$in", "$nin", "$all", *_BOUNDS, "yes", "no"),
        *(*NAMED_GROUPS, *PATTERNS, *VERSIONS, *_MAYBE),
    ),
    "group": ("=",),
}
MOST = 40  # rows
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?")
_ITEM = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,]*?)\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `value` is what stands in the field; several are divided by commas."""

    path: str
    operator: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows inside a form, joined otherwise than the form."""

    joint: Joint
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """Rows and groups, of which all or any must hold. Without any it holds for everybody."""

    joint: Joint = "all"
    entries: tuple[Row | Group, ...] = ()


class BadValueError(ValueError):
    """What stands in the field is no value of this fact; the text says what to write."""


def type_of(path: str) -> str:
    """The type of a fact; "any" for one that nobody knows, "group" for a saved group."""
    if path == SAVED:
        return "group"
    fact = facts.find(path)
    return fact.type if fact else "any"


# --- from a condition to rows ---------------------------------------------------------------------
def read_form(condition: Mapping[str, Any]) -> Form | None:
    """The rows of a condition, or None when rows cannot hold it exactly."""
    try:
        form = _any(condition["$or"]) if list(condition) == ["$or"] else Form("all", tuple(_all(condition)))
    except _NoFormError:
        return None
    rows = sum(1 if isinstance(each, Row) else len(each.rows) for each in form.entries)
    return form if rows <= MOST else None


class _NoFormError(Exception):
    """Rows cannot hold this."""


def _all(condition: Mapping[str, Any]) -> Iterator[Row | Group]:
    for key, value in condition.items():
        if key == "$or":
            yield Group("any", tuple(_only(list(_rows(each))) for each in _documents(value)))
        elif key == "$and":
            for each in _documents(value):
                yield from _all(each)
        else:
            yield from _rows({key: value})


def _any(documents: Any) -> Form:
    entries: list[Row | Group] = []
    for each in _documents(documents):
        rows = tuple(_rows_of(each))
        entries.append(rows[0] if len(rows) == 1 else Group("all", rows))
    return Form("any", tuple(entries))


def _rows_of(condition: Mapping[str, Any]) -> Iterator[Row]:
    """Rows that all must hold; those that ask the same of one fact stand in an `$and` of their own."""
    for path, wanted in condition.items():
        if path == "$and":
            for each in _documents(wanted):
                yield from _rows(each)
        else:
            yield from _rows({path: wanted})


def _documents(value: Any) -> list[Mapping[str, Any]]:
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(each, Mapping) and each for each in value)
    ):
        raise _NoFormError
    return value


def _only(rows: list[Row]) -> Row:
    if len(rows) != 1:
        raise _NoFormError
    return rows[0]


def _rows(condition: Mapping[str, Any]) -> Iterator[Row]:
    for path, wanted in condition.items():
        if path.startswith("$") and path != SAVED:
            raise _NoFormError
        compared = wanted.items() if isinstance(wanted, Mapping) and wanted else [("=", wanted)]
        for operator, value in compared:
            yield _row(path, operator, value)


def _row(path: str, operator: str, value: Any) -> Row:
    made = {operator: value} if operator != "=" else value
    named = next((name for name, each in WITHOUT_VALUE.items() if each is made or _same(each, made)), None)
    kind = "text" if operator in _AS_WRITTEN or path == SAVED else type_of(path)
    row = Row(path, named) if named else Row(path, operator, _field(value, kind))
    if row.operator not in OPERATORS[type_of(path)]:
        raise _NoFormError
    try:
        back = value_of(row)
    except BadValueError:
        raise _NoFormError from None
    if not _same(back, made):
        raise _NoFormError
    return row


def _same(one: Any, other: Any) -> bool:
    """Equal, with true apart from 1 and 1 from 1.0."""
    return json.dumps(one) == json.dumps(other)


def _field(value: Any, kind: str) -> str:
    """A value as it stands in the field."""
    if isinstance(value, list):
        return ", ".join(_item(each, kind) for each in value)
    return value if isinstance(value, str) and kind == "text" else _item(value, kind, alone=True)


def _item(value: Any, kind: str, *, alone: bool = False) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    plain = kind == "text" or (not _NUMBER.fullmatch(value) and value not in ("true", "false", "null"))
    fits = value == value.strip() and '"' not in value and value and (alone or "," not in value)
    return value if plain and fits else json.dumps(value, ensure_ascii=False)


# --- from rows to a condition ---------------------------------------------------------------------
def write_form(form: Form) -> dict[str, Any]:
    """The condition that the rows mean. Raises BadValueError."""
    joint: Joint = form.joint if len(form.entries) > 1 else "all"
    if joint == "any":
        return {"$or": [_document(each) for each in _flat(form, "any")]}
    return _joined(_flat(form, "all"))


def _document(entry: Row | Group) -> dict[str, Any]:
    """One way of several in which a condition may hold."""
    return _joined(entry.rows if isinstance(entry, Group) and entry.joint == "all" else [entry])


def _flat(form: Form, joint: Joint) -> list[Row | Group]:
    """The entries, with groups that are joined like the form, or hold one row, taken apart."""
    flat: list[Row | Group] = []
    for each in form.entries:
        apart = isinstance(each, Group) and (each.joint == joint or len(each.rows) < 2)
        flat.extend(each.rows if isinstance(each, Group) and apart else [each])
    return flat


def _joined(entries: Sequence[Row | Group]) -> dict[str, Any]:
    """All of them in one document; what one key cannot hold twice goes under `$and`."""
    document: dict[str, Any] = {}
    more: list[dict[str, Any]] = []
    for entry in entries:
        value: Any
        if isinstance(entry, Group):
            key, value = "$or", [_joined([row]) for row in entry.rows]
        else:
            key, value = entry.path, value_of(entry)
        present: Any = document.get(key)
        if key not in document:
            document[key] = value
        elif _is_compared(present) and _is_compared(value) and not set(present) & set(value):
            document[key] = {**present, **value}
        else:
            more.append({key: value})
    return {**document, "$and": more} if more else document


def _is_compared(value: Any) -> bool:
    return isinstance(value, Mapping)


def value_of(row: Row) -> Any:
    """The comparison of a row: a plain value or {operator: value}. Raises BadValueError."""
    if row.operator in WITHOUT_VALUE:
        return WITHOUT_VALUE[row.operator]
    kind = type_of(row.path)
    if row.operator in SEVERAL:
        return {row.operator: [_scalar(each, kind) for each in _items(row.value)]}
    if row.operator in _AS_WRITTEN or kind == "group":
        return _written(row)
    value = row.value if kind == "text" else _scalar(row.value.strip(), kind)
    if value == "" and row.value == "":
        raise BadValueError("write a value")
    return value if row.operator == "=" else {row.operator: value}


def _written(row: Row) -> Any:
    """A pattern, a version or the name of a group."""
    if not row.value.strip():
        raise BadValueError("choose a group" if row.operator in (*NAMED_GROUPS, "=") else "write a value")
    if row.operator in PATTERNS:
        try:
            compile_condition({row.path: {row.operator: row.value}})
        except ConditionError as error:
            raise BadValueError(error.message) from None
    return row.value if row.operator == "=" else {row.operator: row.value}


def _items(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text):
        match = _ITEM.match(text, place)
        if match is None or match.end() == place:
            raise BadValueError('divide the values by commas; a value with a comma stands in "quotes"')
        found.append(match[1])
        place = match.end()
    if not found or "" in found:
        raise BadValueError("write one value or several, divided by commas")
    return found


def _scalar(text: str, kind: str) -> Any:
    if kind == "number":
        if not _NUMBER.fullmatch(text):
            raise BadValueError("write a number, such as 3 or 0.5")
        return json.loads(text)
    if text.startswith('"'):
        try:
            found = json.loads(text)
        except ValueError:
            raise BadValueError("a quote is not closed") from None
        return found
    if kind == "any":
        if _NUMBER.fullmatch(text):
            return json.loads(text)
        if text in ("true", "false"):
            return text == "true"
    return text
