"""Checks of what a condition asks at once: comparisons that no value of a fact can pass together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from waypost_server.definitions.findings import Source, Where
from waypost_server.domain import facts
from waypost_server.domain.condition_errors import shown
from waypost_server.domain.conditions import GroupNode, LeafNode, Node
from waypost_server.domain.fact_catalogue import Fact, window

from .context import Context

# What is decided by trying values; a pattern, a version or a group of data may hold for a value nobody tried.
_DECIDED = {"=", "$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$in", "$nin", "$exists"}
_BELOW_ZERO = {"account.renewal_in_days"}
_OTHER = "\U0010ffff"  # a text that nobody writes


def check_never(context: Context, node: Node, source: Source, where: Where) -> None:
    """Warn of facts whose comparisons cannot hold together, in the condition and in each side of an `$or`."""
    together: dict[str, list[LeafNode]] = defaultdict(list)
    for each in _conjuncts(node):
        if isinstance(each, LeafNode):
            together[each.path].append(each)
        elif each.operator == "$or":
            for child in each.children:
                check_never(context, child, source, where)
    for path, leaves in together.items():
        fact = facts.find(path)
        if fact is None or _may_hold(fact, path, leaves):
            continue
        message = f"nobody can match this: no value of {path} passes {_written(leaves)}"
        remedy = "change one of them, or put them under `$or`" if len(leaves) > 1 else _range(fact, path)
        context.report.warning(source, (*where, *leaves[-1].where), "never_true", message, remedy)


def _conjuncts(node: Node) -> Iterator[Node]:
    """Everything that has to hold at once; the parts of a saved group too."""
    if isinstance(node, GroupNode) and node.operator == "$and":
        for child in node.children:
            yield from _conjuncts(child)
    else:
        yield node


def _may_hold(fact: Fact, path: str, leaves: list[LeafNode]) -> bool:
    if fact.type == "any" or any(leaf.operator not in _DECIDED for leaf in leaves):
        return True
    missing = () if fact.always else (None,)
    tried = (*missing, *_values(fact, path, _named(leaves)))
    return any(all(leaf.holds(value) for leaf in leaves) for value in tried)


def _named(leaves: Iterable[LeafNode]) -> list[Any]:
    wanted = (leaf.wanted if isinstance(leaf.wanted, list) else [leaf.wanted] for leaf in leaves)
    return [value for values in wanted for value in values]


def _values(fact: Fact, path: str, named: list[Any]) -> Iterator[Any]:
    """Values the fact can have, one at least on each side of and between those that are named."""
    if fact.type == "boolean":
        yield from (True, False)
    elif fact.type == "text":
        texts = [value for value in named if isinstance(value, str)]
        yield from (_OTHER, "", *texts, *(text + "!" for text in texts))
    else:
        yield from (value for value in _numbers(named) if _in_range(fact, path, value))


def _numbers(named: list[Any]) -> Iterator[float]:
    points = sorted({0, 1, *(value for value in named if value.__class__ in (int, float))})
    yield from points
    yield from (points[0] - 1, points[-1] + 1)
    for low, high in pairwise(points):
        yield (low + high) / 2


def _in_range(fact: Fact, path: str, value: float) -> bool:
    return path in _BELOW_ZERO or 0 <= value <= (_most(fact, path) or value)


def _most(fact: Fact, path: str) -> int | None:
    """The largest value there is: at most 28 days of the last 28 can have a use."""
    over = window(path.rsplit(".", 1)[1])
    if over and over.measure in ("days", "weeks_active"):
        return over.length
    return {"0 to 1": 1, "percent": 100}.get(fact.unit)


def _range(fact: Fact, path: str) -> str:
    most = _most(fact, path)
    if fact.type != "number":
        return "change it"
    if fact.unit == "0 to 1":
        return "it goes from 0 to 1: write 0.5 for a half"
    return f"it goes from 0 to {most}" if most else "it is never below 0"


def _written(leaves: Iterable[LeafNode]) -> str:
    return " and ".join(f"{leaf.operator} {shown(leaf.wanted)}".removeprefix("= ") for leaf in leaves)
