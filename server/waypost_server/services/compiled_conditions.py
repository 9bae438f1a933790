"""Conditions of a release, compiled once: definitions are frozen, so a condition is known by its identity."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from waypost_server.domain.conditions import Compiled, compile_condition


class _Document:
    """A condition as a cache key; the cache keeps it alive, so its identity stays its own."""

    def __init__(self, condition: Mapping[str, Any]) -> None:
        self.condition = condition

    def __hash__(self) -> int:
        return id(self.condition)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Document) and other.condition is self.condition


def compiled(condition: Mapping[str, Any]) -> Compiled:
    """The condition, ready to test. Raises ConditionError; a published one never does."""
    return _compiled(_Document(condition))


@lru_cache(maxsize=1024)
def _compiled(document: _Document) -> Compiled:
    return compile_condition(document.condition)
