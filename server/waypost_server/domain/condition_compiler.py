"""From a condition document to nodes. Everything that cannot be meant is refused, with its place and a remedy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import operators, patterns
from .condition_errors import ConditionError, Where, nearest, shown
from .condition_nodes import GroupNode, LeafNode, Node, all_of, closure
from .operators import Test
from .paths import getter

MAX_DEPTH = 10
MAX_LEAVES = 200
MAX_VALUES = 10_000  # of one list in a condition; a longer one belongs into a trait

# Saved groups by key: a list of values, {type: list, values: […]} or {type: condition, condition: {…}}.
Groups = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One comparison a fact must pass."""

    operator: str
    wanted: Any
    holds: Test
    where: Where


class Compiler:
    """One run over one document: counts comparisons, knows the groups and which it is inside of."""

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self.count = 0
        self.inside: tuple[str, ...] = ()

    def document(self, condition: Any, where: Where, depth: int) -> Node:
        """A mapping of facts and groups, ANDed."""
        limit_depth(where, depth)
        if not isinstance(condition, Mapping):
            message = f"a condition is a set of facts such as `user.role: admin`, not {shown(condition)}"
            raise ConditionError(message, code="condition_shape", where=where)
        if not condition:
            raise ConditionError("this group is empty", code="empty_group", where=where, remedy="remove it")
        return all_of([self.entry(key, value, where, depth) for key, value in condition.items()])

    def entry(self, key: Any, value: Any, where: Where, depth: int) -> Node:
        """One line of a condition: a fact, or a group of conditions."""
        if not isinstance(key, str) or not key:
            message = f"a fact's name is text, not {shown(key)}"
            raise ConditionError(message, code="condition_shape", where=where)
        here = (*where, key)
        if key == "$not":
            return GroupNode("$not", (self.document(value, here, depth + 1),))
        if key in ("$and", "$or", "$nor"):
            return self.logic(key, value, here, depth)
        if key == "$savedGroup":
            return self.saved_group(value, here, depth)
        if key.startswith("$"):
            raise unknown_operator(key, here, operators.LOGIC)
        return self.fact(key, value, here, depth)

    def logic(self, operator: str, value: Any, where: Where, depth: int) -> Node:
        """`$and`, `$or` and `$nor`."""
        if not isinstance(value, list):
            message = f"{operator} needs a list of conditions"
            raise ConditionError(message, code="condition_shape", where=where)
        if not value:
            message = f"{operator} has no conditions"
            raise ConditionError(message, code="empty_group", where=where, remedy="add one or remove it")
        children = (self.document(each, (*where, i), depth + 1) for i, each in enumerate(value))
        return GroupNode(operator, tuple(children))

    def saved_group(self, value: Any, where: Where, depth: int) -> Node:
        """A condition that was saved under a name, in its place."""
        name, group = self.group(value, "$savedGroup", where)
        if not isinstance(group, Mapping) or group.get("type") != "condition":
            remedy = f"write {{some.fact: {{$inGroup: {name}}}}}"
            message = f"the group {name!r} is a list of values and needs a fact"
            raise ConditionError(message, code="group_kind", where=where, remedy=remedy)
        if name in self.inside:
            message = f"the group {name!r} leads back to itself: {' → '.join((*self.inside, name))}"
            raise ConditionError(message, code="group_cycle", where=where, remedy="take one of them out")
        self.inside = (*self.inside, name)
        node = self.document(group["condition"], where, depth + 1)
        self.inside = self.inside[:-1]
        return GroupNode("$and", (node,), name)

    def group(self, value: Any, operator: str, where: Where) -> tuple[str, Any]:
        """A saved group with its key: named, or already put in by the loader under its `id`."""
        name = value.get("id") if isinstance(value, Mapping) else value
        if not isinstance(name, str):
            remedy = operators.example(operator)
            message = f"{operator} needs the key of a group"
            raise ConditionError(message, code="operator_value", where=where, remedy=remedy)
        if isinstance(value, Mapping) and "type" in value:
            return name, value
        if name not in self.groups:
            remedy = nearest(name, self.groups)
            raise ConditionError(
                f"there is no group {name!r}", code="unknown_group", where=where, remedy=remedy
            )
        return name, self.groups[name]

    def fact(self, path: str, wanted: Any, where: Where, depth: int) -> Node:
        """Everything one fact must pass."""
        get = getter(path)
        steps = self.value(wanted, where, depth)
        return all_of(
            [LeafNode(path, each.operator, each.wanted, get, each.holds, each.where) for each in steps]
        )

    def value(self, wanted: Any, where: Where, depth: int) -> list[Step]:
        """The comparisons a value must pass."""
        limit_depth(where, depth)
        if not isinstance(wanted, Mapping):
            return [self.literal(wanted, where)]
        if not wanted:
            message = "this comparison is empty"
            remedy = "write a value, or remove the line"
            raise ConditionError(message, code="empty_group", where=where, remedy=remedy)
        dollars = [str(key).startswith("$") for key in wanted]
        if any(dollars) and not all(dollars):
            message = "operators and plain keys are mixed"
            raise ConditionError(message, code="mixed_keys", where=where, remedy="use operators ($…) only")
        if not all(dollars):
            return [self.literal(dict(wanted), where)]
        return [self.operator(key, value, (*where, key), depth) for key, value in wanted.items()]

    def literal(self, wanted: Any, where: Where) -> Step:
        """A bare value, list or object."""
        plain_only(wanted, where)
        self.counted(where)
        return Step("$eq" if wanted is None else "=", wanted, operators.equal_literal(wanted), where)

    def operator(self, operator: str, wanted: Any, where: Where, depth: int) -> Step:
        """One operator with its value."""
        self.counted(where)
        if operator in operators.NESTING_OPERATORS:
            return Step(operator, wanted, self.nesting(operator, wanted, where, depth), where)
        if operator in operators.GROUP_OPERATORS:
            name = wanted.get("id") if isinstance(wanted, Mapping) else wanted
            return Step(operator, name, self.in_group(operator, wanted, where), where)
        complaint = operators.complaint(operator, wanted)
        if complaint:
            remedy = operators.example(operator)
            raise ConditionError(complaint, code="operator_value", where=where, remedy=remedy)
        build = operators.OPERATORS.get(operator)
        if build is None:
            raise unknown_operator(operator, where, operators.ALL_OPERATORS)
        plain_only(wanted, where)
        try:
            return Step(operator, wanted, build(wanted), where)
        except patterns.PatternError as error:
            remedy = "use RE2's syntax: no (?=…), (?!…) or \\1"
            raise ConditionError(
                f"bad pattern: {error}", code="bad_pattern", where=where, remedy=remedy
            ) from None

    def nesting(self, operator: str, wanted: Any, where: Where, depth: int) -> Test:
        """The operators that hold conditions themselves."""
        if operator == "$elemMatch" and isinstance(wanted, Mapping) and not is_operators(wanted):
            return operators.any_element(closure(self.document(wanted, where, depth + 1)))
        if operator == "$elemMatch" and not isinstance(wanted, Mapping):
            remedy = operators.example(operator)
            raise ConditionError(
                "$elemMatch needs a condition", code="operator_value", where=where, remedy=remedy
            )
        inner = operators.each_of([step.holds for step in self.value(wanted, where, depth + 1)])
        if operator == "$not":
            return operators.negation(inner)
        return operators.size(inner) if operator == "$size" else operators.any_element(inner)

    def in_group(self, operator: str, wanted: Any, where: Where) -> Test:
        """`$inGroup` and `$notInGroup`: the members of a list group."""
        name, group = self.group(wanted, operator, where)
        members = group.get("values") if isinstance(group, Mapping) else group
        if not isinstance(members, list | tuple | frozenset):
            message = f"the group {name!r} is a condition, not a list of values"
            raise ConditionError(message, code="group_kind", where=where, remedy=f"write $savedGroup: {name}")
        inside = operators.among(members)
        return operators.negation(inside) if operator == "$notInGroup" else inside

    def counted(self, where: Where) -> None:
        """One comparison more."""
        self.count += 1
        if self.count > MAX_LEAVES:
            message = f"more than {MAX_LEAVES} comparisons in one condition"
            raise ConditionError(message, code="too_many_leaves", where=where, remedy="use $in, or a group")


def is_operators(document: Mapping[str, Any]) -> bool:
    """Whether every key is an operator's."""
    return bool(document) and all(str(key).startswith("$") for key in document)


def limit_depth(where: Where, depth: int) -> None:
    """Refuse what is nested so deep that nobody can read it."""
    if depth > MAX_DEPTH:
        message = f"nested deeper than {MAX_DEPTH} levels"
        raise ConditionError(message, code="too_deep", where=where, remedy="flatten it, or save a group")


def plain_only(value: Any, where: Where, depth: int = 0) -> None:
    """Refuse what JSON cannot say, so that a condition means the same in a file, a release and the console."""
    if depth > MAX_DEPTH:
        raise ConditionError("this value is nested too deep", code="too_deep", where=where)
    if value is None or value.__class__ in (str, bool, int):
        return
    if value.__class__ is float and math.isfinite(value):
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise ConditionError("a key is text", code="condition_shape", where=where)
            plain_only(each, (*where, key), depth + 1)
        return
    if isinstance(value, list):
        if len(value) > MAX_VALUES:
            message = f"a list of {len(value):,} values, {MAX_VALUES:,} are allowed"
            raise ConditionError(message, code="too_many_values", where=where, remedy="report it as a trait")
        for index, each in enumerate(value):
            plain_only(each, (*where, index), depth + 1)
        return
    raise ConditionError(
        f"{shown(value)} is not a value a fact can have", code="condition_value", where=where
    )


def unknown_operator(name: str, where: Where, known: tuple[str, ...]) -> ConditionError:
    """An operator that does not exist, or stands in the wrong place."""
    wider = (*operators.ALL_OPERATORS, *operators.LOGIC)
    remedy = nearest(name, known) if name not in wider else f"{name} goes after a fact's name"
    return ConditionError(f"unknown operator {name}", code="unknown_operator", where=where, remedy=remedy)
