"""The filters and tests a template may use. Each is bounded by its input."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Undefined

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
MAX_TEXT = 8_192  # characters of one value


class NoValueError(Exception):
    """An expression has nothing to show."""


def written(value: Any) -> str:
    """A value as it is shown: whole numbers without a point. Nothing, lists and objects cannot be shown."""
    if value.__class__ is str:
        return str(value)[:MAX_TEXT]
    if value.__class__ is float:
        return f"{value:.10g}"
    if value.__class__ is int:
        return str(value) if -(10**18) < value < 10**18 else f"{value:.3g}"
    if isinstance(value, Undefined):
        return str(value)  # raises, with the name
    raise NoValueError(f"a {type(value).__name__} cannot be shown as text")


def _default(value: Any, other: Any = "") -> Any:
    """`other` when there is no value: missing, null and "" alike."""
    return other if isinstance(value, Undefined) or value is None or value == "" else value


def _round(value: Any, digits: int = 0) -> float | int:
    rounded = round(float(value), max(0, min(6, int(digits))))
    return int(rounded) if not digits else rounded


def _join(values: Any, between: str = ", ") -> str:
    if not isinstance(values, list):
        raise NoValueError("join needs a list")
    return str(between)[:20].join(written(each) for each in values[:50])


def _pluralize(count: Any, one: str = "", many: str = "s") -> str:
    """The ending for a count: `{{ n }} report{{ n | pluralize }}`, or `{{ n | pluralize("day", "days") }}`."""
    return one if float(count) == 1 else many


def _percent(value: Any) -> str:
    """A share of 1 as a percentage: 0.5 is "50 %"."""
    return f"{round(float(value) * 100)} %"


def _date(value: Any) -> str:
    """A day such as 2026-12-01 in words: "1 December 2026"."""
    day = datetime.date.fromisoformat(str(value)[:10])
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _first_word(value: Any) -> str:
    """The first word of a text: a first name from a full one."""
    words = "" if isinstance(value, Undefined) or value is None else written(value).split()
    return words[0] if words else ""


FILTERS: Mapping[str, Callable[..., Any]] = {
    "date": _date,
    "default": _default,
    "first_word": _first_word,
    "int": lambda value: int(float(value)),
    "join": _join,
    "lower": lambda value: written(value).lower(),
    "percent": _percent,
    "pluralize": _pluralize,
    "round": _round,
    "title": lambda value: written(value).title(),
    "upper": lambda value: written(value).upper(),
}
TESTS: Mapping[str, Callable[..., bool]] = {
    "defined": lambda value: not isinstance(value, Undefined) and value is not None,
    "none": lambda value: value is None or isinstance(value, Undefined),
}
