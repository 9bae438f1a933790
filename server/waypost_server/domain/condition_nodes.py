"""A compiled condition as a tree of nodes: the closure that answers, and the explanation of its answer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from .condition_errors import Where
from .explanation import Explanation, Group, Leaf, combine
from .operators import Test
from .paths import Facts, FactTest, fused, is_cheap


@dataclass(frozen=True, slots=True)
class LeafNode:
    """One comparison of one fact."""

    path: str
    operator: str
    wanted: Any
    get: Callable[[Facts], Any]
    holds: Test
    where: Where = ()  # the place in the document, for messages

    def explain(self, facts: Facts, browser_only: Collection[str]) -> Explanation:
        """What this comparison saw, and what came of it."""
        if _hidden(self.path, browser_only):
            return Leaf(self.path, self.operator, self.wanted, None, "unknown")
        seen = self.get(facts)
        return Leaf(self.path, self.operator, self.wanted, seen, "true" if self.holds(seen) else "false")


@dataclass(frozen=True, slots=True)
class GroupNode:
    """Several nodes under `$and`, `$or`, `$nor` or `$not`; `name` is the saved group they stand for."""

    operator: str
    children: tuple[LeafNode | GroupNode, ...]
    name: str = ""

    def explain(self, facts: Facts, browser_only: Collection[str]) -> Explanation:
        """Every child explained, combined in three-valued logic."""
        children = tuple(child.explain(facts, browser_only) for child in self.children)
        truth = combine(self.operator, [child.truth for child in children])
        return Group(self.operator, children, truth, self.name)


Node = LeafNode | GroupNode

EVERYBODY = GroupNode("$and", ())
NOBODY = GroupNode("$or", ())


def all_of(nodes: list[Node]) -> Node:
    """ANDed nodes, flattened, so that the common condition is one loop."""
    flat: list[Node] = []
    for node in nodes:
        if isinstance(node, GroupNode) and node.operator == "$and" and not node.name:
            flat.extend(node.children)
        else:
            flat.append(node)
    return flat[0] if len(flat) == 1 else GroupNode("$and", tuple(flat))


def closure(node: Node) -> FactTest:
    """The closure that answers for a node."""
    if isinstance(node, LeafNode):
        return fused(node.path, node.get, node.operator, node.wanted, node.holds)
    if node.operator == "$and":
        return _conjunction(tuple(closure(child) for child in sorted(node.children, key=_cost)))
    tests = tuple(closure(child) for child in node.children)
    if node.operator == "$or":
        return _disjunction(tests)
    inner = _disjunction(tests) if node.operator == "$nor" else tests[0]
    return lambda facts: not inner(facts)


def _cost(node: Node) -> int:
    """Cheap comparisons first: nothing a test does can be seen from outside, so the order is ours."""
    if isinstance(node, GroupNode):
        return 2
    return 0 if is_cheap(node.path, node.operator, node.wanted) else 1


def _conjunction(tests: tuple[FactTest, ...]) -> FactTest:
    if len(tests) < 2:
        return tests[0] if tests else lambda facts: True
    first, rest = tests[0], tests[1:]

    def test(facts: Facts) -> bool:
        if not first(facts):
            return False
        for each in rest:  # noqa: SIM110 - a generator doubles the time of the hottest loop
            if not each(facts):
                return False
        return True

    return test


def _disjunction(tests: tuple[FactTest, ...]) -> FactTest:
    def test(facts: Facts) -> bool:
        for each in tests:  # noqa: SIM110 - as above
            if each(facts):
                return True
        return False

    return test


def leaves_of(node: Node) -> list[LeafNode]:
    """Every comparison, in the order written."""
    if isinstance(node, LeafNode):
        return [node]
    return [leaf for child in node.children for leaf in leaves_of(child)]


def _hidden(path: str, browser_only: Collection[str]) -> bool:
    return any(path == name or path.startswith(name + ".") for name in browser_only)
