"""A condition as rows of a page: fact, operator and value, in groups; what the fields offer, and what a button asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from waypost_server.console.conditions import OPERATORS as WORDS
from waypost_server.console.conditions import Reader
from waypost_server.definitions.condition_form import (
    MOST,
    NAMED_GROUPS,
    OPERATORS,
    PATTERNS,
    SAVED,
    SEVERAL,
    VERSIONS,
    WITHOUT_VALUE,
    BadValueError,
    Form,
    Group,
    Joint,
    Row,
    read_form,
    type_of,
    value_of,
    write_form,
)
from waypost_server.definitions.editor_schema import names
from waypost_server.domain import facts
from waypost_server.domain.definitions import Definitions
from waypost_server.domain.fact_catalogue import CATALOGUE, Fact

LABELS = {
    **WORDS,
    "$regex": "matches the pattern",
    "$notRegex": "does not match",
    "yes": "is true",
    "no": "is false",
    "known": "is known",
    "unknown": "is not known",
}
NAMED = {
    "user.role": "role", "account.segment": "segment", "account.motion": "motion", "account.phase": "phase",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A row as the page shows it. `group` is "" or the number of the group it stands in."""

    row: Row
    group: str = ""
    problem: str = ""

    @property
    def operators(self) -> list[tuple[str, str]]:
        """The operators that fit the fact, with their words."""
        return [
            (each, LABELS[each]) for each in OPERATORS[type_of(self.row.path) if self.row.path else "any"]
        ]

    @property
    def has_value(self) -> bool:
        return self.row.operator not in WITHOUT_VALUE

    @property
    def is_wrong(self) -> bool:
        """Whether there is something to fix; a value that is not written yet is no mistake."""
        known = self.row.path == SAVED or facts.find(self.row.path)
        return bool(self.problem) and (bool(self.row.value) or not known)

    @property
    def choices(self) -> str:
        """What the value is one of: role, segment, motion, phase or a kind of group; "" for anything else."""
        if self.row.path == SAVED:
            return "saved-group"
        if self.row.operator in NAMED_GROUPS:
            return "list-group"
        return NAMED.get(self.row.path, "")

    @property
    def hint(self) -> str:
        """What to write as the value, while nothing is there."""
        if self.row.operator in SEVERAL:
            return "One, or several, with commas"
        if self.choices.endswith("group"):
            return "Name of a group"
        return {"$regex": "^/reports/", "$notRegex": "^/reports/"}.get(
            self.row.operator, "2.10.0" if self.row.operator in VERSIONS else "Value"
        )

    @property
    def about(self) -> str:
        """The fact in words: its meaning, type and unit, and an example."""
        if self.row.path == SAVED:
            return "In a group that catalog.yaml names with a condition of its own."
        if self.row.operator in PATTERNS:
            return (
                "A pattern (RE2) of at most 256 characters, found anywhere in the text; no (?=…) and no \\1."
            )
        fact = facts.find(self.row.path) if self.row.path else None
        if fact is None:
            return "Type a part of a name, such as role, usage or milestone."
        waits = " Not in the text before it has a value." if self.problem else ""
        kind = "any type" if fact.type == "any" else fact.type
        unit = f"{kind}, {fact.unit}" if fact.unit and fact.unit != fact.type else kind
        return f"{fact.meaning[:1].upper()}{fact.meaning[1:]}. {unit.capitalize()}, such as {fact.example}.{waits}"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one condition. `prefix` begins the names of their fields and buttons on the page."""

    prefix: str
    joint: Joint = "all"
    fields: tuple[Field, ...] = ()
    joints: Mapping[str, Joint] = field(default_factory=dict)  # of the groups

    @property
    def layout(self) -> Iterator[tuple[str, list[tuple[int, Field]]]]:
        """("", one row) or (group, its rows), in order; every row with its number."""
        found: dict[str, list[tuple[int, Field]]] = {}
        for number, each in enumerate(self.fields):
            found.setdefault(each.group or f"-{number}", []).append((number, each))
        for key, rows in found.items():
            yield ("" if key.startswith("-") else key), rows

    @property
    def has_problem(self) -> bool:
        return any(each.problem for each in self.fields)

    def condition(self) -> dict[str, Any]:
        """What the rows mean; a row without a fact is not there yet. Raises BadValueError."""
        entries: list[Row | Group] = []
        for group, numbered in self.layout:
            rows = tuple(each.row for _, each in numbered if each.row.path)
            if rows:
                entries.append(Group(self.joints[group], rows) if group else rows[0])
        return write_form(Form(self.joint, tuple(entries)))


def from_condition(prefix: str, condition: Mapping[str, Any]) -> Rows | None:
    """The rows of a condition; None when rows cannot hold it."""
    form = read_form(condition)
    if form is None:
        return None
    fields: list[Field] = []
    joints: dict[str, Joint] = {}
    for number, entry in enumerate(form.entries, 1):
        inside = isinstance(entry, Group)
        if isinstance(entry, Group):
            joints[str(number)] = entry.joint
        rows = entry.rows if isinstance(entry, Group) else (entry,)
        fields += [Field(row, str(number) if inside else "") for row in rows]
    return Rows(prefix, form.joint, tuple(fields), joints)


def from_page(prefix: str, given: MultiDict[str, str], definitions: Definitions) -> Rows:
    """The rows as they stand on the page, after what a button asked for (`do`: b-row, b-row:2, b-group, b-remove:3)."""
    parts = ("path", "operator", "value", "group")
    lists = [given.getlist(f"{prefix}-{part}")[:MOST] for part in parts]
    rows = [
        (Row(path.strip(), operator, value), group)
        for path, operator, value, group in zip(*lists, strict=False)
    ]
    joints = {group: _joint(given.get(f"{prefix}-joint-{group}"), "any") for _, group in rows if group}
    asked = given.get("do", "")
    if asked.startswith(f"{prefix}-"):
        rows = _after(asked.removeprefix(f"{prefix}-"), rows, joints)
    fields = tuple(Field(_fitting(row), group) for row, group in rows)
    fields = tuple(replace(each, problem=_problem(each.row, definitions)) for each in fields)
    return Rows(prefix, _joint(given.get(f"{prefix}-joint"), "all"), fields, joints)


def _joint(text: str | None, usual: Joint) -> Joint:
    return {"all": "all", "any": "any"}.get(text or "", usual)  # type: ignore[return-value]  # one of the two


def _after(do: str, rows: list[tuple[Row, str]], joints: dict[str, Joint]) -> list[tuple[Row, str]]:
    what, _, which = do.partition(":")
    if what == "remove" and which.isdecimal():
        return [row for number, row in enumerate(rows) if number != int(which)]
    if what in ("row", "group") and len(rows) < MOST:
        group = which
        if what == "group":
            group = str(max((int(each) for each in joints if each.isdecimal()), default=0) + 100)
            joints[group] = "any"
        return [*rows, (Row("", "="), group)]
    return rows


def _fitting(row: Row) -> Row:
    """An operator that the fact has; another fact may have others."""
    known = OPERATORS[type_of(row.path) if row.path else "any"]
    return row if row.operator in known else replace(row, operator=known[0])


def _problem(row: Row, definitions: Definitions) -> str:
    if not row.path:
        return ""
    unknown = None if row.path == SAVED else facts.check(row.path, definitions)
    if unknown is not None:
        return f"{unknown.message}: {unknown.remedy}"
    try:
        value = value_of(row)
    except BadValueError as error:
        return f"{str(error)[:1].upper()}{str(error)[1:]}"
    if _is_no_share(row.path, value):
        return "Write a share from 0 to 1, such as 0.5"
    kind = Field(row).choices
    known = choices(definitions).get(kind, []) if kind.endswith("group") else [row.value]
    if row.value not in known:
        return f"There is no such group: {', '.join(known) or 'name one in catalog.yaml'}"
    return ""


def _is_no_share(path: str, value: Any) -> bool:
    """Whether something outside 0 to 1 is written for a fact that never leaves it."""
    fact = facts.find(path)
    if fact is None or fact.unit != "0 to 1":
        return False
    compared = list(value.values()) if isinstance(value, Mapping) else [value]
    numbers = [each for one in compared for each in (one if isinstance(one, list) else [one])]
    return any(isinstance(each, int | float) and not 0 <= each <= 1 for each in numbers)


# --- what the fields offer ------------------------------------------------------------------------
def offered(definitions: Definitions) -> list[tuple[str, str]]:
    """(name, what it is in words) of every fact these definitions know."""
    reader = Reader(definitions)
    found = [(name, f"{reader.fact(name)} ({fact.unit or fact.type})") for name, fact in names(definitions)]
    return [*found, (SAVED, "In a named group")] if choices(definitions)["saved-group"] else found


def choices(definitions: Definitions) -> dict[str, list[str]]:
    """The words that role, segment, motion, phase and groups may be. A segment is a group of one value."""
    catalog, journey = definitions.catalog, definitions.journey
    motions = {"strategic", "long_tail", catalog.default_motion, *(each.key for each in catalog.motions)}
    return {
        "role": [each.key for each in catalog.roles],
        "segment": [each.key for each in catalog.segments],
        "motion": sorted(motions),
        "phase": [each.key for each in journey.phases],
        "list-group": sorted(
            {
                *(each.key for each in catalog.segments),
                *(each.key for each in catalog.groups if each.values is not None),
            }
        ),
        "saved-group": [each.key for each in catalog.groups if each.when is not None],
    }


def catalogue() -> dict[str, list[Fact]]:
    """Every kind of fact, by family."""
    found: dict[str, list[Fact]] = {}
    for fact in CATALOGUE:
        found.setdefault(fact.family, []).append(fact)
    return found
