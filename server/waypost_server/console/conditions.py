"""A condition document as a tree of plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waypost_server.console.words import humanise, number, sentence
from waypost_server.domain.definitions import Definitions
from waypost_server.domain.fact_catalogue import window

OPERATORS = {
    "$eq": "is",
    "=": "is",
    "$ne": "is not",
    "$in": "is one of",
    "$nin": "is none of",
    "$ini": "is one of",
    "$nini": "is none of",
    "$lt": "is below",
    "$lte": "is at most",
    "$gt": "is above",
    "$gte": "is at least",
    "$all": "has all of",
    "$alli": "has all of",
    "$elemMatch": "has an item where",
    "$size": "has a count that",
    "$type": "is of type",
    "$inGroup": "is in the group",
    "$notInGroup": "is not in the group",
    "$regex": "matches",
    "$regexi": "matches",
    "$notRegex": "does not match",
    "$notRegexi": "does not match",
    "$veq": "is version",
    "$vne": "is not version",
    "$vgt": "is above version",
    "$vgte": "is at least version",
    "$vlt": "is below version",
    "$vlte": "is at most version",
}
# yes and no as a verb: (under which head, field) → (when true, when false)
FLAGS = {
    ("milestone", "reached"): ("is reached", "is not reached"),
    ("milestone", "overdue"): ("is overdue", "is not overdue"),
    ("usage", "used"): ("was used", "was never used"),
    ("account_usage", "used"): ("was used by somebody", "was used by nobody"),
    ("signal", "open"): ("is open", "is not open"),
}
GROUPS = {"$and": "all of", "$or": "any of", "$nor": "none of", "$not": "not"}
FIELDS = {
    "used": "used ever",
    "total": "uses ever",
    "days_since_first": "days since first use",
    "days_since_last": "days since last use",
}
MEASURES = {
    "count": "uses",
    "days": "active days",
    "weeks_active": "active weeks",
    "users": "users",
    "share_of_seats": "share of seats",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison, or the heading of a group with what stands under it."""

    fact: str
    operator: str = ""
    value: str = ""
    path: str = ""
    children: tuple[Line, ...] = ()


class Reader:
    """Reads conditions with the titles of one set of definitions."""

    def __init__(self, definitions: Definitions) -> None:
        self.features = {feature.key: feature.title for feature in definitions.catalog.features}
        self.milestones = {each.key: each.title for each in definitions.journey.milestones}
        self.roles = {role.key: role.title for role in definitions.catalog.roles}
        self.groups = {group.key: group.title for group in definitions.catalog.groups}

    def lines(self, condition: Mapping[str, Any]) -> list[Line]:
        """The comparisons of a condition; they all have to hold."""
        found: list[Line] = []
        for key, value in condition.items():
            if key == "$and" and isinstance(value, list):
                for each in value:
                    found.extend(self.lines(each) if isinstance(each, Mapping) else ())
            elif key == "$savedGroup":
                found.append(
                    Line("In the group", value=self.groups.get(name := _group(value), humanise(name)))
                )
            elif key in GROUPS:
                found.append(Line(GROUPS[key], children=self._children(value)))
            else:
                found.extend(self._fact(key, value))
        return found

    def summary(self, condition: Mapping[str, Any]) -> str:
        """One sentence; everybody when there is no condition."""
        return "; ".join(self._phrase(line) for line in self.lines(condition)) or "Everybody"

    def fact(self, path: str) -> str:
        """A fact's path in words: "First automation · progress"."""
        head, _, rest = path.partition(".")
        key, _, field = rest.rpartition(".")
        if head == "milestone" and key:
            return f"{self.milestones.get(key, sentence(key))} · {humanise(field)}"
        if head in ("usage", "account_usage", "role_usage") and key:
            role, _, feature = key.rpartition(".")
            whose = {"usage": "", "account_usage": " (whole account)"}.get(
                head, f" ({self.roles.get(role, role)})"
            )
            return f"{self.features.get(feature, sentence(feature))} · {_measured(field)}{whose}"
        if head == "survey" and key:
            survey, _, question = key.partition(".")
            return f"Survey {humanise(survey)}, {humanise(question)} · {humanise(field)}"
        if head in ("signal", "nudge") and key:
            return f"{sentence(head)} {humanise(key)} · {humanise(field)}"
        if head == "user":
            return sentence(rest.removeprefix("traits."))
        return f"Account {humanise(rest.removeprefix('traits.'))}" if head == "account" else sentence(path)

    def _children(self, value: Any) -> tuple[Line, ...]:
        documents = value if isinstance(value, list) else [value]
        children: list[Line] = []
        for each in documents:
            lines = self.lines(each) if isinstance(each, Mapping) else []
            children.extend(lines if len(lines) < 2 else [Line("all of", children=tuple(lines))])
        return tuple(children)

    def _fact(self, path: str, wanted: Any) -> list[Line]:
        name = self.fact(path)
        if (
            not isinstance(wanted, Mapping)
            or not wanted
            or not all(str(key).startswith("$") for key in wanted)
        ):
            return [self._plain(path, wanted)]
        return [self._comparison(name, path, operator, value) for operator, value in wanted.items()]

    def _plain(self, path: str, wanted: Any) -> Line:
        head, _, rest = path.partition(".")
        field = rest.rpartition(".")[2]
        if isinstance(wanted, bool) and (head, field) in FLAGS:
            title = self.fact(path).rpartition(" · ")[0]
            return Line(title, FLAGS[(head, field)][0 if wanted else 1], "", path)
        return Line(self.fact(path), "is", shown(wanted, path), path)

    def _comparison(self, name: str, path: str, operator: str, value: Any) -> Line:
        if operator == "$exists":
            return Line(name, "is known" if value else "is not known", "", path)
        if operator == "$not":
            inner = self._fact(path, value)
            return Line("not", children=tuple(inner))
        words = OPERATORS.get(operator, humanise(operator.lstrip("$")))
        if operator in ("$inGroup", "$notInGroup"):
            return Line(name, words, self.groups.get(group := _group(value), humanise(group)), path)
        return Line(name, words, shown(value, path), path)

    def _phrase(self, line: Line) -> str:
        if line.children:
            return f"{line.fact} ({'; '.join(self._phrase(child) for child in line.children)})"
        return " ".join(part for part in (line.fact, line.operator, line.value) if part)


def _measured(field: str) -> str:
    """A field of usage: "active days in 28 days"."""
    over = window(field)
    if over is None or over.measure not in MEASURES:
        return FIELDS.get(field, humanise(field))
    return f"{MEASURES[over.measure]} in {over.length} {'days' if over.unit == 'd' else 'weeks'}"


def _group(value: Any) -> str:
    """The key of a group, named or put in by the loader."""
    return str(value.get("id", "")) if isinstance(value, Mapping) else str(value)


def shown(value: Any, path: str = "") -> str:
    """A wanted or seen value as people write it."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if path.rpartition(".")[2] in ("progress", "severity") or ".share_of_seats_" in path:
            return f"{round(value * 100)}\u00a0%"
        return number(value) if float(value).is_integer() else f"{value:g}"
    if isinstance(value, str):
        return (
            humanise(value) if path.startswith(("user.role", "account.motion", "account.segment")) else value
        )
    if isinstance(value, list | tuple):
        words = [shown(each, path) for each in value[:12]]
        more = len(value) - len(words)
        return (
            ", ".join(words[:-1])
            + (" or " if len(words) > 1 and not more else "")
            + "".join(words[-1:])
            + (f" and {more} more" if more else "")
        )
    return str(value)[:200]
