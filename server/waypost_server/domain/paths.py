"""Walking dotted fact paths through nested documents, as fast as plain closures go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Facts = Mapping[str, Any]
FactTest = Callable[[Facts], bool]


@lru_cache(maxsize=10_000)
def getter(path: str) -> Callable[[Any], Any]:
    """A function that walks `path` ("user.role") through nested documents; None where a step is missing."""
    parts = tuple(path.split("."))
    if len(parts) == 2:
        return _two_steps(*parts)
    if len(parts) == 3:
        return _three_steps(*parts)

    def get(facts: Any) -> Any:
        current = facts
        for part in parts:
            current = current.get(part) if current.__class__ is dict else _element(current, part)
        return current

    return get


def _two_steps(first: str, second: str) -> Callable[[Any], Any]:
    """The common shape of a fact's name, without the loop."""

    def get(facts: Any) -> Any:
        inner = facts.get(first) if facts.__class__ is dict else _element(facts, first)
        return inner.get(second) if inner.__class__ is dict else _element(inner, second)

    return get


def _three_steps(first: str, second: str, third: str) -> Callable[[Any], Any]:
    """The shape of keyed facts: usage, milestones, signals, nudges."""

    def get(facts: Any) -> Any:
        outer = facts.get(first) if facts.__class__ is dict else _element(facts, first)
        inner = outer.get(second) if outer.__class__ is dict else _element(outer, second)
        return inner.get(third) if inner.__class__ is dict else _element(inner, third)

    return get


def _element(current: Any, part: str) -> Any:
    """A step into something that is no plain dict: a list by index or its length, another mapping by key, else None."""
    if current.__class__ is list:
        if part.isdecimal() and part.isascii() and len(part) < 9:
            index = int(part)
            return current[index] if index < len(current) and str(index) == part else None
        return len(current) if part == "length" else None
    return current.get(part) if isinstance(current, Mapping) else None


def fused(
    path: str, get: Callable[[Any], Any], operator: str, wanted: Any, holds: Callable[[Any], bool]
) -> FactTest:
    """One closure for "walk, then compare".

    Text equality on a two-step path is most of what audiences ask, and nearly always the first leaf, so it
    skips both inner calls; anything unusual on the way falls back to the general walk and comparison.
    """
    parts = path.split(".")
    texts = _texts(operator, wanted)
    if len(parts) != 2 or not texts:
        return lambda facts: holds(get(facts))
    first, second = parts

    def test(facts: Facts) -> bool:
        if facts.__class__ is dict:
            inner = facts.get(first)
            if inner.__class__ is dict:
                value = inner.get(second)
                return value in texts if value.__class__ is str else holds(value)
        return holds(get(facts))

    return test


def is_cheap(path: str, operator: str, wanted: Any) -> bool:
    """Whether `fused` makes the quick closure for this leaf, so that it is worth asking first."""
    return path.count(".") == 1 and bool(_texts(operator, wanted))


def _texts(operator: str, wanted: Any) -> frozenset[str]:
    """The texts a comparison accepts, when a text passes exactly if it is one of them."""
    if operator in ("=", "$eq") and wanted.__class__ is str:
        return frozenset((wanted,))
    if operator == "$in" and wanted.__class__ is list:
        return frozenset(each for each in wanted if each.__class__ is str)
    return frozenset()
