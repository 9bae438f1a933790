"""From the tree of a checked template to functions that say it: nothing an author writes becomes Python code.

Only what `template_reader` lets through has a function here, with Jinja's own meaning; a test compares the two.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from jinja2 import StrictUndefined
from jinja2 import nodes as tree

from waypost_server.channels.template_filters import FILTERS, TESTS

MAX_ITEMS = 50  # of a list a loop walks

Values = Mapping[str, Any]  # by name: the facts, and the items of the loops around
Write = Callable[[Any], str]  # how a value is shown
Say = Callable[[Values, Write], Iterator[str]]
Value = Callable[[Values], Any]


class Missing(StrictUndefined):
    """A fact that is not there, nor anything below it. It cannot be shown or compared, but `default`, `if` and
    `is defined` may look at it."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # Jinja's own always raises
        return False


def sayer(nodes: Sequence[tree.Node]) -> Say:
    """What says some nodes, piece by piece."""
    statements = [_STATEMENTS[type(node)](node) for node in nodes]
    if len(statements) == 1:
        return statements[0]

    def say(values: Values, write: Write) -> Iterator[str]:
        for statement in statements:
            yield from statement(values, write)

    return say


# --- statements -----------------------------------------------------------------------------------
def _output(node: Any) -> Say:
    pieces: list[Any] = [
        each.data if isinstance(each, tree.TemplateData) else _value(each) for each in node.nodes
    ]

    def say(values: Values, write: Write) -> Iterator[str]:
        for piece in pieces:
            yield piece if piece.__class__ is str else write(piece(values))

    return say


def _if(node: Any) -> Say:
    branches = [(_value(each.test), sayer(each.body)) for each in (node, *node.elif_)]
    otherwise = sayer(node.else_)

    def say(values: Values, write: Write) -> Iterator[str]:
        return next((body for test, body in branches if test(values)), otherwise)(values, write)

    return say


def _for(node: Any) -> Say:
    name, items = node.target.name, _value(node.iter)
    body, otherwise = sayer(node.body), sayer(node.else_)

    def say(values: Values, write: Write) -> Iterator[str]:
        given = list(islice(items(values), MAX_ITEMS))
        for item in given:
            yield from body({**values, name: item}, write)
        if not given:
            yield from otherwise(values, write)

    return say


_STATEMENTS: Mapping[type[tree.Node], Callable[[Any], Say]] = {
    tree.Output: _output,
    tree.If: _if,
    tree.For: _for,
}


# --- values ---------------------------------------------------------------------------------------
def _value(node: Any) -> Value:
    return _VALUES[type(node)](node)


def _fact(node: Any) -> Value:
    """A fact, or an item of a loop: looked up in plain documents and nowhere else."""
    parts: list[str] = []
    while not isinstance(node, tree.Name):
        parts.append(node.attr if isinstance(node, tree.Getattr) else node.arg.value)
        node = node.node
    name, path = node.name, parts[::-1]

    def value(values: Values) -> Any:
        found = values[name] if name in values else Missing(name=name)
        for part in path:
            if isinstance(found, Missing):
                return found
            there = isinstance(found, Mapping) and part in found
            found = found[part] if there else Missing(obj=found, name=part)
        return found

    return value


def _const(node: Any) -> Value:
    return lambda _values: node.value


def _filter(node: Any) -> Value:
    change, value, extras = FILTERS[node.name], _value(node.node), [_value(each) for each in node.args]
    return lambda values: change(value(values), *[each(values) for each in extras])


def _test(node: Any) -> Value:
    holds, value = TESTS[node.name], _value(node.node)
    return lambda values: holds(value(values))


def _compare(node: Any) -> Value:
    first, others = _value(node.expr), [(_COMPARED[each.op], _value(each.expr)) for each in node.ops]

    def value(values: Values) -> bool:
        left = first(values)
        for holds, other in others:
            right = other(values)
            if not holds(left, right):
                return False
            left = right
        return True

    return value


def _and(node: Any) -> Value:
    left, right = _value(node.left), _value(node.right)
    return lambda values: left(values) and right(values)


def _or(node: Any) -> Value:
    left, right = _value(node.left), _value(node.right)
    return lambda values: left(values) or right(values)


def _not(node: Any) -> Value:
    value = _value(node.node)
    return lambda values: not value(values)


_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda item, many: item in many,
    "notin": lambda item, many: item not in many,
}
_VALUES: Mapping[type[tree.Node], Callable[[Any], Value]] = {
    tree.Name: _fact,
    tree.Getattr: _fact,
    tree.Getitem: _fact,
    tree.Const: _const,
    tree.Filter: _filter,
    tree.Test: _test,
    tree.Compare: _compare,
    tree.And: _and,
    tree.Or: _or,
    tree.Not: _not,
}
