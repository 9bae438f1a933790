"""The condition language: documents over facts, compiled once to closures.

Follows GrowthBook's condition language (spec version 5, semantics of its JavaScript SDK): keys are ANDed,
a missing fact reads as null, and null counts as 0 in comparisons. `compile_condition` is for what authors
write: empty groups, unknown operators and malformed values are errors there. `evaluate` answers for any
document at all, as GrowthBook does. Both run patterns on RE2, and a path reads only a document's own keys.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .condition_compiler import MAX_DEPTH, MAX_LEAVES, Compiler, Groups
from .condition_errors import ConditionError, pointer
from .condition_nodes import EVERYBODY, GroupNode, LeafNode, Node, closure, leaves_of
from .explanation import Explanation, Group, Leaf, Truth
from .lenient_conditions import LenientCompiler
from .paths import Facts, FactTest, getter

# Families that only the browser knows: without them in the facts, what they decide is unknown.
BROWSER_ONLY = frozenset({"page"})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition ready to run. `paths` are the facts it may read."""

    test: FactTest
    paths: frozenset[str]
    node: Node

    def explain(self, facts: Facts, browser_only: Collection[str] | None = None) -> Explanation:
        """Each comparison with the value it saw; facts named in `browser_only` are unknown here.

        Without names, those are the facts of the browser that are not among `facts`.
        """
        hidden = BROWSER_ONLY - facts.keys() if browser_only is None else browser_only
        return self.node.explain(facts, hidden)

    def leaves(self) -> tuple[LeafNode, ...]:
        """Every comparison, in the order written."""
        return tuple(leaves_of(self.node))


def compile_condition(condition: Mapping[str, Any], groups: Groups | None = None) -> Compiled:
    """Compile a condition document. `{}` holds for everybody. Raises ConditionError.

    `groups` are the saved groups by key, for `$inGroup` and `$savedGroup`. A condition of a loaded release
    needs none: the loader has put them in.
    """
    if not isinstance(condition, Mapping):
        raise ConditionError("a condition is a set of facts", code="condition_shape", where=())
    node = Compiler(groups or {}).document(condition, (), 0) if condition else EVERYBODY
    paths = frozenset(leaf.path for leaf in leaves_of(node))
    test = closure(node)
    if any(path.partition(".")[0] in BROWSER_ONLY for path in paths):
        test = _only_if_known(test, node)
    return Compiled(test, paths, node)


def _only_if_known(test: FactTest, node: Node) -> FactTest:
    """Holds only if it would whatever the browser said: `page.path: {$ne: /a}` is no yes where no page is known."""

    def known(facts: Facts) -> bool:
        hidden = BROWSER_ONLY - facts.keys()
        return node.explain(facts, hidden).truth == "true" if hidden else test(facts)

    return known


def evaluate(condition: Mapping[str, Any], facts: Facts, groups: Groups | None = None) -> bool:
    """Whether `condition` holds for `facts`, as GrowthBook's JavaScript SDK answers, malformed or not.

    `groups` are its saved groups: key → list of values, or {type, values | condition, attributeKey}.
    Raises ConditionError only for a document too deep or too large.
    """
    return closure(LenientCompiler(groups or {}).document(condition, (), 0))(facts)


__all__ = [
    "BROWSER_ONLY", "MAX_DEPTH", "MAX_LEAVES", "Compiled", "ConditionError", "Explanation", "Facts", "Group",
    "GroupNode", "Groups", "Leaf", "LeafNode", "Node", "Truth", "compile_condition", "evaluate", "getter", "pointer",
]  # fmt: skip
