"""Names of facts: finding one in the catalogue, checking one against definitions, and documents of values.

One catalogue serves the validator, the explanation, the documentation, editors and the store, which loads only
what the names in a release ask for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from .definitions import Definitions
from .errors import WaypostError
from .fact_catalogue import CATALOGUE, CLOSED, FAMILIES, FIELDS, KEYS, LONGEST, SIGNALS, Fact, window
from .fact_needs import Needs, required

_BY_NAME = {(fact.family, fact.field): fact for fact in CATALOGUE if fact.field != "<trait>"}
_OPEN = {
    family: tuple(field for of, field in _BY_NAME if of == family)
    for family in FIELDS
    if family not in KEYS and family not in CLOSED
}
_ALIKE = 0.8  # two letters swapped in a word of five; `plans` and `plan` are alike too
_TRAITS = {fact.pattern: fact for fact in CATALOGUE if fact.field == "<trait>"}


class UnknownFactError(WaypostError):
    """A name that is no fact; `remedy` names the nearest one."""

    code = "unknown_fact"
    status = 400

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def find(path: str) -> Fact | None:
    """The catalogue's entry for a fact's name, whatever its key; None if there is no such kind."""
    parts = path.split(".")
    family = parts[0]
    if not all(parts) or family not in FIELDS:
        return None
    if family in KEYS or family in CLOSED:
        return _field(family, parts[-1]) if len(parts) == 2 + len(KEYS.get(family, ())) else None
    if len(parts) == 2 and parts[1] != "traits":
        return _BY_NAME.get((family, parts[1])) or _TRAITS[f"{family}.<trait>"]
    if len(parts) <= 2:
        return None
    return _TRAITS[f"{family}.traits.<trait>" if parts[1] == "traits" else f"{family}.<trait>"]


def _field(family: str, field: str) -> Fact | None:
    over = window(field)
    return _BY_NAME.get((family, field if over is None else over.pattern))


def misspelt(path: str) -> str:
    """The fact that a trait's name is nearly spelled like ("user.email" for "user.emial"); "" if there is none."""
    family, _, name = path.partition(".")
    if family not in _OPEN or name in _OPEN[family] or "." in name:
        return ""
    close = difflib.get_close_matches(name, _OPEN[family], n=1, cutoff=_ALIKE)
    return f"{family}.{close[0]}" if close else ""


def check(path: str, definitions: Definitions) -> UnknownFactError | None:
    """Why `path` is no fact in this set of definitions, with the nearest known name; None if it is one."""
    parts = path.split(".")
    family = parts[0]
    if family not in FIELDS:
        return UnknownFactError(
            f"{path!r} is no fact", _suggest(family, FAMILIES, lambda name: _swap(parts, 0, name))
        )
    if family not in KEYS and family not in CLOSED:
        return None if find(path) else UnknownFactError(f"{path!r} is no fact", f"write {family}.<name>")
    kinds = KEYS.get(family, ())
    if len(parts) != 2 + len(kinds) or not all(parts):
        shape = ".".join([family, *(f"<{kind}>" for kind in kinds), "<field>"])
        fields = ", ".join(FIELDS[family])
        return UnknownFactError(f"{path!r} is no fact", f"write {shape}, with a field of: {fields}")
    for place, kind in enumerate(kinds, 1):
        known = keys_of(kind, definitions)
        if parts[place] not in known:
            remedy = _suggest(parts[place], known, lambda name, place=place: _swap(parts, place, name))  # type: ignore[misc]  # bound early
            return UnknownFactError(f"{path!r} names no {kind} ({parts[place]!r})", remedy)
    if family == "survey" and parts[2] not in (asked := _questions(parts[1], definitions)):
        remedy = _suggest(parts[2], asked, lambda name: _swap(parts, 2, name))
        return UnknownFactError(f"{path!r} names no question of {parts[1]} ({parts[2]!r})", remedy)
    if _field(family, parts[-1]) is None:
        message = f"{path!r} is no fact: {family} has no {parts[-1]!r}"
        return UnknownFactError(message, _nearest_field(family, parts))
    return None


def _nearest_field(family: str, parts: list[str]) -> str:
    """The nearest field; a length of time that was written stays, one that was not is 28 days or 8 weeks."""
    written = re.search(r"_([0-9]+)([dw])$", parts[-1])
    if written and not 1 <= int(written[1]) <= LONGEST[written[2]]:
        return f"use 1 to {LONGEST[written[2]]}{written[2]}"
    field = re.sub(r"_[0-9]+([dw])$", r"_<N>\1", parts[-1])

    def spelled(name: str) -> str:
        length = str(int(written[1])) if written else {"d": "28", "w": "8"}.get(name[-1], "")
        return _swap(parts, len(parts) - 1, name.replace("<N>", length))

    return _suggest(field, FIELDS[family], spelled)


def keys_of(kind: str, definitions: Definitions) -> tuple[str, ...]:
    """The keys of a kind in these definitions: features, roles, milestones, signals or nudges."""
    keyed: dict[str, Iterable[Any]] = {
        "feature": definitions.catalog.features,
        "role": definitions.catalog.roles,
        "milestone": definitions.journey.milestones,
        "nudge": definitions.nudges,
    }
    if kind == "signal":
        return SIGNALS
    if kind == "survey":
        return tuple(each.key for each in definitions.nudges if each.survey is not None)
    if kind == "question":
        every = (_questions(each.key, definitions) for each in definitions.nudges)
        return tuple(dict.fromkeys(key for keys in every for key in keys))
    return tuple(each.key for name in kind.split(" or ") for each in keyed.get(name, ()))


def _questions(nudge: str, definitions: Definitions) -> tuple[str, ...]:
    """The questions of one survey."""
    surveys = (each.survey for each in definitions.nudges if each.key == nudge and each.survey is not None)
    return tuple(question.key for survey in surveys for question in survey.questions)


def _suggest(name: str, known: Collection[str], write: Callable[[str], str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    if close:
        return f"did you mean {write(close[0])}"
    return f"known: {', '.join(known)}" if known else "none is defined"


def _swap(parts: list[str], index: int, name: str) -> str:
    return ".".join([*parts[:index], name, *parts[index + 1 :]])


def blank(paths: Iterable[str], definitions: Definitions) -> dict[str, Any]:
    """The facts at `paths` for somebody who has done nothing yet: zeroes and falses; missing where unknown.

    The store lays what it knows over this, so that a condition on a count never meets a missing value. Where a
    fact is missing its feature, milestone or nudge is there, so that what is known of it has a place.
    """
    document: dict[str, Any] = {}
    milestones = {milestone.key: milestone for milestone in definitions.journey.milestones}
    for path in paths:
        fact = find(path)
        value = None if fact is None else fact.blank
        parts = path.split(".")
        if fact is not None and fact.family == "milestone" and parts[1] in milestones:
            steps = milestones[parts[1]].steps
            value = {"total": len(steps), "next_step": steps[0].title if steps else None}.get(parts[2], value)
        if value is not None:
            put(document, path, value)
        elif fact is not None and fact.family in KEYS and fact.family != "peers":  # those are laid whole
            _inside(document, parts[:-1])
    return document


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Set the fact at `path` in a nested document, making the steps on the way."""
    *steps, last = path.split(".")
    _inside(document, steps)[last] = value


def _inside(document: dict[str, Any], steps: Iterable[str]) -> dict[str, Any]:
    for step in steps:
        inner = document.get(step)
        if not isinstance(inner, dict):
            inner = document[step] = {}
        document = inner
    return document


def nest(flat: dict[str, Any]) -> dict[str, Any]:
    """A document with dotted keys at any level, as plain nested documents; later keys win."""
    document: dict[str, Any] = {}
    _lay(document, flat)
    return document


def _lay(document: dict[str, Any], values: dict[str, Any]) -> None:
    for path, value in values.items():
        if isinstance(value, dict):
            inner: dict[str, Any] = {}
            _lay(inner, value)
            for key, each in inner.items():
                put(document, f"{path}.{key}", each)
        else:
            put(document, path, value)


__all__ = [
    "CATALOGUE", "FAMILIES", "Fact", "Needs", "UnknownFactError", "blank", "check", "find", "keys_of", "nest", "put",
    "required",
]  # fmt: skip
