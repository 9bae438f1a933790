"""What GrowthBook's JavaScript SDK answers for documents that the compiler refuses.

A condition from a file or the console is always compiled strictly. This exists so that anybody's conditions,
and GrowthBook's published cases, can be run as they are: an empty `$or` holds, an operator that does not exist
never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import coercion, operators, patterns
from .condition_compiler import Compiler, Step, is_operators, limit_depth
from .condition_errors import Where
from .condition_nodes import EVERYBODY, NOBODY, LeafNode, Node
from .operators import Test
from .paths import getter


class LenientCompiler(Compiler):
    """Refuses nothing but what is nested or counted beyond all measure."""

    def document(self, condition: Any, where: Where, depth: int) -> Node:
        """Nothing to check holds; null cannot be a condition."""
        entries = _entries(condition)
        return (
            super().document(entries, where, depth) if entries else NOBODY if condition is None else EVERYBODY
        )

    def entry(self, key: Any, value: Any, where: Where, depth: int) -> Node:
        """An operator that is none is a fact's name."""
        if key in operators.LOGIC:
            return super().entry(key, value, where, depth)
        return self.fact(coercion.text(key), value, (*where, key), depth)

    def logic(self, operator: str, value: Any, where: Where, depth: int) -> Node:
        """A group without conditions holds, so `$nor` of nothing never does."""
        if value.__class__ is list and value:
            return super().logic(operator, value, where, depth)
        return NOBODY if operator == "$nor" or value is None else EVERYBODY

    def saved_group(self, value: Any, where: Where, depth: int) -> Node:
        """Anything unknown, malformed or circular matches nobody."""
        name = value.get("id") if value.__class__ is dict else None
        group = self.groups.get(name) if name.__class__ is str else None
        attribute = value.get("attributeKey", "") if value.__class__ is dict else None
        if group.__class__ is not dict or name in self.inside or attribute.__class__ is not str:
            return NOBODY
        if group.get("type") == "list":
            attribute = attribute if "attributeKey" in value else group.get("attributeKey")
            values = group.get("values")
            if attribute.__class__ is not str or values.__class__ is not list:
                return NOBODY
            return LeafNode(attribute, "$in", values, getter(attribute), operators.among(values), where)
        if group.get("type") != "condition" or not isinstance(group.get("condition"), dict | list):
            return NOBODY
        return super().saved_group(value, where, depth)

    def value(self, wanted: Any, where: Where, depth: int) -> list[Step]:
        """A mapping that is not all operators is a value to compare with."""
        limit_depth(where, depth)
        if isinstance(wanted, Mapping) and not is_operators(wanted):
            return [self.literal(dict(wanted), where)]
        return super().value(wanted, where, depth)

    def literal(self, wanted: Any, where: Where) -> Step:
        """Any value may be compared with."""
        self.counted(where)
        return Step("=", wanted, operators.equal_literal(wanted), where)

    def operator(self, operator: str, wanted: Any, where: Where, depth: int) -> Step:
        """An operator that does not exist, or cannot take its value, never holds."""
        self.counted(where)
        return Step(operator, wanted, self._test(operator, wanted, where, depth), where)

    def _test(self, operator: str, wanted: Any, where: Where, depth: int) -> Test:
        if operator in operators.NESTING_OPERATORS:
            return self.nesting(operator, wanted, where, depth)
        if operator in operators.GROUP_OPERATORS:
            return self.in_group(operator, wanted, where)
        if operator not in operators.OPERATORS or (
            operator in operators.LISTS and wanted.__class__ is not list
        ):
            return operators.never
        try:
            return operators.OPERATORS[operator](wanted)
        except patterns.PatternError:
            return operators.always if operator in operators.NEGATED_PATTERNS else operators.never

    def nesting(self, operator: str, wanted: Any, where: Where, depth: int) -> Test:
        """An element may be compared with anything but null."""
        if operator != "$elemMatch":
            return super().nesting(operator, wanted, where, depth)
        entries = _entries(wanted)
        if entries:
            return super().nesting(operator, entries, where, depth)
        return operators.never if wanted is None else operators.any_element(operators.always)

    def in_group(self, operator: str, name: Any, where: Where) -> Test:
        """A group that is not known has no members."""
        group = self.groups.get(coercion.text(name), [])
        members = group.get("values") if group.__class__ is dict and group.get("type") == "list" else group
        if members.__class__ is not list:
            return operators.never
        inside = operators.among(members)
        return operators.negation(inside) if operator == "$notInGroup" else inside


def _entries(value: Any) -> Mapping[str, Any]:
    """`Object.entries` of a value: lists and texts have their places as keys, numbers have none."""
    if isinstance(value, Mapping):
        return value
    return {str(place): each for place, each in enumerate(value)} if isinstance(value, list | str) else {}


__all__ = ["LenientCompiler"]
