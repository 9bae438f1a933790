"""Why a condition came out as it did: a tree of leaves with the values they saw, in three-valued logic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Truth = Literal["true", "false", "unknown"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison: what was wanted of which fact, and what was seen."""

    path: str
    operator: str
    wanted: Any
    seen: Any
    truth: Truth

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return {
            "path": self.path,
            "operator": self.operator,
            "wanted": self.wanted,
            "seen": self.seen,
            "truth": self.truth,
        }

    def leaves(self) -> tuple[Leaf, ...]:
        """Itself, as a group gives its own."""
        return (self,)


@dataclass(frozen=True, slots=True)
class Group:
    """Several explanations under one operator; `name` is the saved group they stand for."""

    operator: str
    children: tuple[Leaf | Group, ...]
    truth: Truth
    name: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        children = [child.as_json() for child in self.children]
        document = {"operator": self.operator, "truth": self.truth, "children": children}
        return {**document, "group": self.name} if self.name else document

    def leaves(self) -> tuple[Leaf, ...]:
        """Every comparison, in the order written."""
        return tuple(leaf for child in self.children for leaf in child.leaves())


Explanation = Leaf | Group
_OPPOSITE: dict[Truth, Truth] = {"true": "false", "false": "true", "unknown": "unknown"}


def combine(operator: str, truths: Sequence[Truth]) -> Truth:
    """Kleene's logic: unknown wins unless one side already decides."""
    if operator == "$and":
        return "false" if "false" in truths else "unknown" if "unknown" in truths else "true"
    if operator == "$or":
        return "true" if "true" in truths else "unknown" if "unknown" in truths else "false"
    if operator == "$nor":
        return _OPPOSITE[combine("$or", truths)]
    return _OPPOSITE[combine("$and", truths)]
