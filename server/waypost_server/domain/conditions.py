"""The condition language: documents over facts, compiled once to closures.

Follows GrowthBook's condition language (spec version 5, semantics of its JavaScript SDK): keys are ANDed,
a missing fact reads as null, and null counts as 0 in comparisons. Three differences, all on purpose:
empty groups, unknown operators and malformed values are errors when compiled; `$regex` is refused, because
a backtracking engine can be stalled; a path reads only a document's own keys.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from . import operators
from .errors import BadInputError
from .explanation import Explanation, Group, Leaf, Truth, combine
from .operators import Test
from .paths import Facts, FactTest, fused, getter, is_cheap

MAX_DEPTH = 10
MAX_LEAVES = 200

Where = tuple[str | int, ...]


class ConditionError(BadInputError):
    """A condition document is refused; `where` is the path to the place inside it."""

    code = "condition"

    def __init__(self, message: str, *, code: str, where: Where, remedy: str = "") -> None:
        super().__init__(message, code=code, detail={"pointer": pointer(where)})
        self.where = where
        self.remedy = remedy


def pointer(where: Where) -> str:
    """A place as a JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in where)


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
    """Several nodes under `$and`, `$or`, `$nor` or `$not`."""

    operator: str
    children: tuple[LeafNode | GroupNode, ...]

    def explain(self, facts: Facts, browser_only: Collection[str]) -> Explanation:
        """Every child explained, combined in three-valued logic."""
        children = tuple(child.explain(facts, browser_only) for child in self.children)
        return Group(self.operator, children, combine(self.operator, [child.truth for child in children]))


Node = LeafNode | GroupNode


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition ready to run. `paths` are the facts it may read."""

    test: FactTest
    paths: frozenset[str]
    node: Node

    def explain(self, facts: Facts, browser_only: Collection[str] = frozenset()) -> Explanation:
        """Each comparison with the value it saw; facts named in `browser_only` are unknown here."""
        return self.node.explain(facts, browser_only)

    def leaves(self) -> tuple[LeafNode, ...]:
        """Every comparison, in the order written."""
        return tuple(_leaves(self.node))


def compile_condition(
    condition: Mapping[str, Any], segments: Mapping[str, Collection[Any]] | None = None
) -> Compiled:
    """Compile a condition document. `{}` holds for everybody.

    `segments` maps a group's key to its members, for `$inGroup`; without it a group has one member, its
    own key, so `account.segment: {$inGroup: enterprise}` reads as expected. Raises ConditionError.
    """
    compiler = _Compiler(segments)
    node = compiler.document(condition, (), 0) if condition else GroupNode("$and", ())
    if not isinstance(condition, Mapping):
        raise ConditionError("a condition is a set of facts", code="condition_shape", where=())
    return Compiled(_test(node), frozenset(leaf.path for leaf in _leaves(node)), node)


def evaluate(condition: Mapping[str, Any], facts: Facts) -> bool:
    """Whether `condition` holds for `facts`. Raises ConditionError for a malformed condition only."""
    return compile_condition(condition).test(facts)


class _Compiler:
    """One run over one document: counts leaves, knows the segments."""

    def __init__(self, segments: Mapping[str, Collection[Any]] | None) -> None:
        self.segments = segments
        self.count = 0

    def document(self, condition: Any, where: Where, depth: int) -> Node:
        """A mapping of facts and groups, ANDed."""
        _limit_depth(where, depth)
        if not isinstance(condition, Mapping):
            message = f"a condition is a set of facts such as `user.role: admin`, not {_shown(condition)}"
            raise ConditionError(message, code="condition_shape", where=where)
        if not condition:
            raise ConditionError("this group is empty", code="empty_group", where=where, remedy="remove it")
        return _all([self._entry(key, value, where, depth) for key, value in condition.items()])

    def _entry(self, key: Any, value: Any, where: Where, depth: int) -> Node:
        if not isinstance(key, str) or not key:
            message = f"a fact's name is text, not {_shown(key)}"
            raise ConditionError(message, code="condition_shape", where=where)
        here = (*where, key)
        if key == "$not":
            return GroupNode("$not", (self.document(value, here, depth + 1),))
        if key in operators.LOGIC:
            return self._group(key, value, here, depth)
        if key.startswith("$"):
            raise _unknown_operator(key, here, operators.LOGIC)
        return self._fact(key, value, here, depth)

    def _group(self, operator: str, value: Any, where: Where, depth: int) -> Node:
        if not isinstance(value, list):
            raise ConditionError(
                f"{operator} needs a list of conditions", code="condition_shape", where=where
            )
        if not value:
            message = f"{operator} has no conditions"
            raise ConditionError(message, code="empty_group", where=where, remedy="add one or remove it")
        children = (self.document(each, (*where, i), depth + 1) for i, each in enumerate(value))
        return GroupNode(operator, tuple(children))

    def _fact(self, path: str, wanted: Any, where: Where, depth: int) -> Node:
        get = getter(path)
        steps = self._value(wanted, where, depth)
        return _all(
            [LeafNode(path, step.operator, step.wanted, get, step.holds, step.where) for step in steps]
        )

    def _value(self, wanted: Any, where: Where, depth: int) -> list[_Step]:
        """The comparisons one fact must pass."""
        _limit_depth(where, depth)
        if not isinstance(wanted, Mapping):
            _plain_only(wanted, where)
            self._count(where)
            return [_Step("$eq" if wanted is None else "=", wanted, operators.equal_literal(wanted), where)]
        if not wanted:
            message = "this comparison is empty"
            raise ConditionError(
                message, code="empty_group", where=where, remedy="write a value, or remove the line"
            )
        dollars = [str(key).startswith("$") for key in wanted]
        if any(dollars) and not all(dollars):
            message = "operators and plain keys are mixed"
            raise ConditionError(message, code="mixed_keys", where=where, remedy="use operators ($…) only")
        if not all(dollars):
            _plain_only(wanted, where)
            self._count(where)
            return [_Step("=", wanted, operators.equal_literal(dict(wanted)), where)]
        return [self._operator(key, value, (*where, key), depth) for key, value in wanted.items()]

    def _operator(self, operator: str, wanted: Any, where: Where, depth: int) -> _Step:
        self._count(where)
        if operator in ("$regex", "$regexi"):
            message = f"{operator} is not supported: one bad pattern can stall every decision"
            raise ConditionError(
                message, code="regex_unsupported", where=where, remedy="use $in or $ini with the values"
            )
        if operator in operators.NESTING_OPERATORS:
            return _Step(operator, wanted, self._nesting(operator, wanted, where, depth), where)
        complaint = operators.complaint(operator, wanted)
        if complaint:
            remedy = operators.example(operator)
            raise ConditionError(complaint, code="operator_value", where=where, remedy=remedy)
        if operator in operators.GROUP_OPERATORS:
            return _Step(operator, wanted, self._in_group(operator, wanted, where), where)
        build = operators.OPERATORS.get(operator)
        if build is None:
            raise _unknown_operator(operator, where, operators.ALL_OPERATORS)
        _plain_only(wanted, where)
        return _Step(operator, wanted, build(wanted), where)

    def _nesting(self, operator: str, wanted: Any, where: Where, depth: int) -> Test:
        if operator == "$elemMatch" and isinstance(wanted, Mapping) and not _is_operators(wanted):
            return _any_element(_test(self.document(wanted, where, depth + 1)))
        if operator == "$elemMatch" and not isinstance(wanted, Mapping):
            remedy = "write {$elemMatch: {$gt: 10}}"
            raise ConditionError(
                "$elemMatch needs a condition", code="operator_value", where=where, remedy=remedy
            )
        inner = _every(self._value(wanted, where, depth + 1))
        if operator == "$not":
            return operators.negation(inner)
        if operator == "$size":
            return lambda value: value.__class__ is list and inner(len(value))
        return _any_element(inner)

    def _in_group(self, operator: str, name: str, where: Where) -> Test:
        members: Collection[Any] = (name,)
        if self.segments is not None:
            if name not in self.segments:
                remedy = _nearest(name, self.segments)
                raise ConditionError(
                    f"no segment is called {name!r}", code="unknown_segment", where=where, remedy=remedy
                )
            members = self.segments[name]
        inside = operators.among(members)
        return operators.negation(inside) if operator == "$notInGroup" else inside

    def _count(self, where: Where) -> None:
        self.count += 1
        if self.count > MAX_LEAVES:
            message = f"more than {MAX_LEAVES} comparisons in one condition"
            raise ConditionError(message, code="too_many_leaves", where=where, remedy="use $in, or a segment")


@dataclass(frozen=True, slots=True)
class _Step:
    operator: str
    wanted: Any
    holds: Test
    where: Where


def _all(nodes: list[Node]) -> Node:
    """ANDed nodes, flattened, so that the common condition is one loop."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.children if isinstance(node, GroupNode) and node.operator == "$and" else [node])
    return flat[0] if len(flat) == 1 else GroupNode("$and", tuple(flat))


def _test(node: Node) -> FactTest:
    """The closure that answers for a node."""
    if isinstance(node, LeafNode):
        return fused(node.path, node.get, node.operator, node.wanted, node.holds)
    if node.operator == "$and":
        return _conjunction(tuple(_test(child) for child in sorted(node.children, key=_cost)))
    tests = tuple(_test(child) for child in node.children)
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
    if not tests:
        return lambda facts: True
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


def _every(steps: list[_Step]) -> Test:
    holds = tuple(step.holds for step in steps)
    return holds[0] if len(holds) == 1 else lambda value: all(each(value) for each in holds)


def _any_element(inner: Callable[[Any], bool]) -> Test:
    def test(value: Any) -> bool:
        return value.__class__ is list and any(each is not None and inner(each) for each in value)

    return test


def _leaves(node: Node) -> list[LeafNode]:
    if isinstance(node, LeafNode):
        return [node]
    return [leaf for child in node.children for leaf in _leaves(child)]


def _hidden(path: str, browser_only: Collection[str]) -> bool:
    return any(path == name or path.startswith(name + ".") for name in browser_only)


def _is_operators(document: Mapping[str, Any]) -> bool:
    return bool(document) and all(str(key).startswith("$") for key in document)


def _limit_depth(where: Where, depth: int) -> None:
    if depth > MAX_DEPTH:
        message = f"nested deeper than {MAX_DEPTH} levels"
        raise ConditionError(message, code="too_deep", where=where, remedy="flatten it, or name a segment")


def _plain_only(value: Any, where: Where, depth: int = 0) -> None:
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
            _plain_only(each, (*where, key), depth + 1)
        return
    if isinstance(value, list):
        for index, each in enumerate(value):
            _plain_only(each, (*where, index), depth + 1)
        return
    raise ConditionError(
        f"{_shown(value)} is not a value a fact can have", code="condition_value", where=where
    )


def _unknown_operator(name: str, where: Where, known: Collection[str]) -> ConditionError:
    wider = (*operators.ALL_OPERATORS, *operators.LOGIC)
    remedy = _nearest(name, known) if name not in wider else f"{name} goes after a fact's name"
    return ConditionError(f"unknown operator {name}", code="unknown_operator", where=where, remedy=remedy)


def _nearest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}" if close else f"known: {', '.join(sorted(known))}"


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "..."


__all__ = [
    "MAX_DEPTH", "MAX_LEAVES", "Compiled", "ConditionError", "Explanation", "Facts", "Group", "GroupNode", "Leaf",
    "LeafNode", "Truth", "compile_condition", "evaluate", "getter", "pointer",
]  # fmt: skip
