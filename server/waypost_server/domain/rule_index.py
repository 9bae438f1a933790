"""Which of many conditions hold for one document of facts, without asking each of them.

A condition is filed under its most selective leaf "fact equals one of these texts", and what is filed together once
more under its next: one look-up rules out everything filed elsewhere. What remains in a drawer and compares the same
facts is kept as rows sorted by what they compare with, so that one search halves them and one pass settles the rest.

The answer is exact. A text in the facts settles a comparison of texts, and a number one of numbers; any other value
(missing, a list, a text where a number belongs) compares in ways of its own, and then each condition is asked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .condition_nodes import GroupNode, LeafNode, Node, all_of, closure
from .conditions import BROWSER_ONLY, Compiled
from .operators import is_plain_text
from .paths import Facts, FactTest, getter

T = TypeVar("T")
Finder = Callable[[Facts], "list[T]"]
LEVELS = 2  # of drawers; each multiplies the size of the index by the texts a condition accepts
FEWEST_ROWS = 6  # fewer than this are asked one by one: a search has its price too

_Row = tuple[Any, ...]  # the item, its whole test, what it compares with
_Column = tuple[str, str, type]  # path, operator, class of what it compares with


@dataclass(frozen=True, slots=True, eq=False)
class _Entry(Generic[T]):
    """A condition on its way into the index. `texts` are the leaves not yet settled by a drawer."""

    item: T
    test: FactTest
    texts: Mapping[str, frozenset[str]]
    nodes: tuple[Node, ...]  # everything that must hold
    settled: frozenset[str] = field(default_factory=frozenset)  # paths whose texts the drawers have settled

    def open(self) -> list[Node]:
        """What is left to ask."""
        return [
            node
            for node in self.nodes
            if not (isinstance(node, LeafNode) and node.path in self.settled and _texts(node) is not None)
        ]


def index(conditions: Iterable[tuple[T, Compiled]]) -> Finder[T]:
    """A function from facts to the items whose condition holds, in no particular order."""
    return _drawer([_entry(item, compiled) for item, compiled in conditions], LEVELS)


def _entry(item: T, compiled: Compiled) -> _Entry[T]:
    if any(path.partition(".")[0] in BROWSER_ONLY for path in compiled.paths):
        return _Entry(item, compiled.test, {}, (GroupNode("$and", ()),))  # asked whole: it may be unknown
    nodes = tuple(_conjuncts(compiled.node))
    texts: dict[str, frozenset[str]] = {}
    for node in nodes:
        accepted = _texts(node) if isinstance(node, LeafNode) else None
        if isinstance(node, LeafNode) and accepted is not None:
            texts[node.path] = texts.get(node.path, accepted) & accepted
    return _Entry(item, compiled.test, texts, nodes)


def _conjuncts(node: Node) -> list[Node]:
    """What must hold, every one of it; a saved group is looked into."""
    if isinstance(node, GroupNode) and node.operator == "$and":
        return [each for child in node.children for each in _conjuncts(child)]
    return [node]


def _texts(leaf: LeafNode) -> frozenset[str] | None:
    """The texts a leaf accepts, where a text passes exactly if it is one of them."""
    if leaf.operator in ("=", "$eq") and leaf.wanted.__class__ is str:
        return frozenset((leaf.wanted,))
    if leaf.operator == "$in" and all(each.__class__ is str for each in leaf.wanted):
        return frozenset(leaf.wanted)
    return None


# --- drawers --------------------------------------------------------------------------------------
def _drawer(entries: Sequence[_Entry[T]], levels: int) -> Finder[T]:
    spread: dict[str, set[str]] = {}
    for each in entries:
        for path, texts in each.texts.items():
            spread.setdefault(path, set()).update(texts)
    loose: list[_Entry[T]] = []
    filed: dict[str, list[_Entry[T]]] = {}
    for each in entries:
        best = min(each.texts, key=lambda path: _selectivity(path, each, spread), default=None)
        if levels == 0 or best is None or len(spread[best]) < 2:
            loose.append(each)
        else:
            filed.setdefault(best, []).append(each)
    finders = [*_sheets(loose), *(_cabinet(path, inside, levels) for path, inside in filed.items())]
    if len(finders) == 1:
        return finders[0]
    return lambda facts: [item for find in finders for item in find(facts)]


def _selectivity(path: str, entry: _Entry[T], spread: Mapping[str, set[str]]) -> tuple[float, str]:
    """The share of a fact's texts that a condition accepts."""
    return len(entry.texts[path]) / (len(spread[path]) or 1), path


def _cabinet(path: str, entries: Sequence[_Entry[T]], levels: int) -> Finder[T]:
    """Drawers by the text of one fact."""
    get = getter(path)
    everything = [(each.item, each.test) for each in entries]
    by_text = {
        text: _drawer([_settle(each, path) for each in entries if text in each.texts[path]], levels - 1)
        for text in frozenset().union(*(each.texts[path] for each in entries))
    }

    def find(facts: Facts) -> list[T]:
        value = get(facts)
        if value.__class__ is not str:
            return [item for item, test in everything if test(facts)]
        drawer = by_text.get(value)
        return [] if drawer is None else drawer(facts)

    return find


def _settle(entry: _Entry[T], path: str) -> _Entry[T]:
    texts = {other: texts for other, texts in entry.texts.items() if other != path}
    return _Entry(entry.item, entry.test, texts, entry.nodes, entry.settled | {path})


# --- rows -----------------------------------------------------------------------------------------
def _sheets(entries: Sequence[_Entry[T]]) -> list[Finder[T]]:
    """Entries that compare the same facts in the same way, as sorted rows; the few others one by one."""
    alike: dict[tuple[_Column, ...], list[_Entry[T]]] = {}
    for each in entries:
        alike.setdefault(tuple(sorted(_columns(each), key=repr)), []).append(each)
    few = [each for shape, inside in alike.items() if not _worth(shape, inside) for each in inside]
    sheets = [_sheet(shape, inside) for shape, inside in alike.items() if _worth(shape, inside)]
    return [_one_by_one(few), *sheets] if few else sheets


def _worth(shape: tuple[_Column, ...], entries: Sequence[_Entry[T]]) -> bool:
    return bool(shape) and len(entries) >= FEWEST_ROWS


def _columns(entry: _Entry[T]) -> dict[_Column, LeafNode]:
    """The ordered comparisons that rows can settle, one for each fact and operator."""
    return {
        (node.path, node.operator, str if node.wanted.__class__ is str else float): node
        for node in entry.open()
        if isinstance(node, LeafNode)
        and node.operator in _FILTERS
        and (node.wanted.__class__ in (int, float) or is_plain_text(node.wanted))
    }


def _rest(entry: _Entry[T], columns: Iterable[LeafNode]) -> FactTest | None:
    """The test of what neither drawers nor rows settle; None if they settle everything."""
    settled = {id(node) for node in columns}
    left = [node for node in entry.open() if id(node) not in settled]
    if len(left) == len(entry.nodes):
        return entry.test if left else None
    return closure(all_of(left)) if left else None


def _one_by_one(entries: Sequence[_Entry[T]]) -> Finder[T]:
    asked = [(each.item, _rest(each, ())) for each in entries]
    sure = [item for item, rest in asked if rest is None]
    tested = [(item, rest) for item, rest in asked if rest is not None]
    if not tested:
        return lambda facts: list(sure)
    return lambda facts: sure + [item for item, rest in tested if rest(facts)]


def _sheet(shape: tuple[_Column, ...], entries: Sequence[_Entry[T]]) -> Finder[T]:
    rows: list[_Row] = []
    for each in entries:
        columns = _columns(each)
        rows.append(
            (each.item, each.test, _rest(each, columns.values()), *(columns[key].wanted for key in shape))
        )
    rows.sort(key=lambda row: row[3])
    wanted = [row[3] for row in rows]
    readers = [(getter(path), kind) for path, _operator, kind in shape]
    cut = _CUTS[shape[0][1]]
    filters = [(place, _FILTERS[operator]) for place, (_path, operator, _kind) in enumerate(shape)][1:]
    any_rest = any(row[2] is not None for row in rows)

    def find(facts: Facts) -> list[T]:
        values = [get(facts) for get, _kind in readers]
        for value, (_get, kind) in zip(values, readers, strict=True):
            if (
                value.__class__ is not kind and (kind is str or value.__class__ is not int)
            ) or value != value:
                return [row[0] for row in rows if row[1](facts)]
        found = cut(rows, wanted, values[0])
        for place, passing in filters:
            found = passing(found, place + 3, values[place])
        if any_rest:
            return [row[0] for row in found if row[2] is None or row[2](facts)]
        return [row[0] for row in found]

    return find


_CUTS: Mapping[str, Callable[[list[_Row], list[Any], Any], list[_Row]]] = {
    "$gte": lambda rows, wanted, value: rows[: bisect_right(wanted, value)],
    "$gt": lambda rows, wanted, value: rows[: bisect_left(wanted, value)],
    "$lte": lambda rows, wanted, value: rows[bisect_left(wanted, value) :],
    "$lt": lambda rows, wanted, value: rows[bisect_right(wanted, value) :],
}
_FILTERS: Mapping[str, Callable[[list[_Row], int, Any], list[_Row]]] = {
    "$gte": lambda rows, place, value: [row for row in rows if row[place] <= value],
    "$gt": lambda rows, place, value: [row for row in rows if row[place] < value],
    "$lte": lambda rows, place, value: [row for row in rows if row[place] >= value],
    "$lt": lambda rows, place, value: [row for row in rows if row[place] > value],
}
