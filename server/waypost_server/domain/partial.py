"""A condition over facts of which only some are known: true, false, or not yet decided."""

from __future__ import annotations

from collections.abc import Callable

from .condition_nodes import GroupNode, LeafNode, Node
from .explanation import Truth, combine
from .paths import Facts


def truth(node: Node, facts: Facts, is_known: Callable[[str], bool]) -> Truth:
    """What `node` comes to when only facts with `is_known(path)` count; the others may be anything.

    "true" and "false" hold whatever the unknown facts turn out to be.
    """
    if isinstance(node, LeafNode):
        if not is_known(node.path):
            return "unknown"
        return "true" if node.holds(node.get(facts)) else "false"
    return _group(node, facts, is_known)


def _group(node: GroupNode, facts: Facts, is_known: Callable[[str], bool]) -> Truth:
    return combine(node.operator, [truth(child, facts, is_known) for child in node.children])
