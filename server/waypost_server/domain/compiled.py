"""A release made ready to answer: conditions compiled, needs gathered, candidates indexed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import facts
from .conditions import Compiled, Facts, LeafNode, compile_condition, getter
from .definitions import Definitions, Goal, LearningPath, Nudge, Policy

Finder = Callable[[Facts], "list[CompiledNudge]"]
_Shelf = tuple[Callable[[Facts], Any], dict[str, Finder], "tuple[CompiledNudge, ...]"]
LEVELS = 2  # of the index of candidates; each multiplies its size by the texts a nudge accepts
ROLE_AND_MOTION = frozenset({"user.role", "account.motion"})


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a nudge stands on a learning path: step `index`. `release` finds the other steps."""

    path: LearningPath
    index: int
    release: Mapping[str, CompiledNudge]


@dataclass(frozen=True, slots=True, eq=False)
class CompiledNudge:
    """A nudge with its audience as a closure and its dates parsed. `order` is its place in the release.

    `topics` are what a person can say no to and mean this nudge.
    """

    order: int
    nudge: Nudge
    audience: Compiled
    starts_on: date | None
    ends_on: date | None
    policy: Policy
    places: tuple[Place, ...]
    topics: frozenset[str]

    @property
    def key(self) -> str:
        """The nudge's key."""
        return self.nudge.key


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRelease:
    """Ready to answer. `paths` are all facts the nudges read: audience, goal, progress and words."""

    definitions: Definitions
    nudges: tuple[CompiledNudge, ...]
    by_key: Mapping[str, CompiledNudge]
    paths: frozenset[str]
    needs: facts.Needs
    windows: tuple[float, ...]  # the distinct `per_days` of all frequency limits, ascending
    week_features: frozenset[str]  # features of goals counted in active weeks
    awaited: frozenset[str]  # nudges whose history others wait for: prerequisites, steps without a goal
    find: Finder  # facts → the nudges whose indexed leaf does not already rule them out


def compile_release(
    definitions: Definitions, words: Mapping[str, Iterable[str]] | None = None
) -> CompiledRelease:
    """Compile every nudge. `words` gives, per nudge, the facts its texts read.

    Raises ConditionError for a malformed condition; a published release has none.
    """
    by_key: dict[str, CompiledNudge] = {}
    nudges = tuple(_nudge(order, each, definitions, by_key) for order, each in enumerate(definitions.nudges))
    by_key |= {each.key: each for each in nudges}
    paths = frozenset().union(*(_paths(each, (words or {}).get(each.key, ())) for each in nudges))
    goals = [each.goal for each in definitions.nudges if each.goal]
    return CompiledRelease(
        definitions=definitions,
        nudges=nudges,
        by_key=by_key,
        paths=paths | ROLE_AND_MOTION,
        needs=facts.required(paths),
        windows=tuple(
            sorted(
                {
                    limit.per_days
                    for each in nudges
                    for limit in each.nudge.frequency.limits
                    if limit.per_days is not None
                }
            )
        ),
        week_features=frozenset(goal.feature for goal in goals if goal.feature and goal.weeks_active),
        awaited=_awaited(definitions),
        find=index(nudges),
    )


def _awaited(definitions: Definitions) -> frozenset[str]:
    steps = {key for path in definitions.journey.paths for key in path.nudges}
    required = {wanted.nudge for each in definitions.nudges for wanted in each.requires}
    return frozenset(
        required | {each.key for each in definitions.nudges if each.key in steps and not each.goal}
    )


def _nudge(
    order: int, nudge: Nudge, definitions: Definitions, release: Mapping[str, CompiledNudge]
) -> CompiledNudge:
    return CompiledNudge(
        order,
        nudge,
        compile_condition(nudge.audience),
        date.fromisoformat(nudge.schedule.starts_on) if nudge.schedule.starts_on else None,
        date.fromisoformat(nudge.schedule.ends_on) if nudge.schedule.ends_on else None,
        definitions.policy,
        tuple(
            Place(path, path.nudges.index(nudge.key), release)
            for path in definitions.journey.paths
            if nudge.key in path.nudges
        ),
        frozenset(("", nudge.surface, nudge.key)),
    )


def _paths(compiled: CompiledNudge, words: Iterable[str]) -> frozenset[str]:
    found = set(words) | compiled.audience.paths
    for content in compiled.nudge.content.values():
        if content.progress:
            found |= {f"milestone.{content.progress}.done", f"milestone.{content.progress}.total"}
    return frozenset(found | goal_paths(compiled.nudge.goal))


def goal_paths(goal: Goal | None) -> set[str]:
    """The facts that tell how far a goal is."""
    if goal is None:
        return set()
    if goal.milestone:
        return {f"milestone.{goal.milestone}.reached", f"milestone.{goal.milestone}.progress"}
    return {f"usage.{goal.feature}.total"}


def index(nudges: tuple[CompiledNudge, ...]) -> Finder:
    """A function from facts to the nudges worth testing.

    Each nudge is filed under its most selective top-level leaf "fact equals one of these texts", and what is
    filed together once more under its next. A text in the facts then rules out every nudge filed elsewhere
    under the same fact. A value that is no text (missing, a number, a list) compares in more ways than one,
    so it rules out nothing.
    """
    return _file(nudges, {each.order: _text_leaves(each) for each in nudges}, LEVELS)


def _file(
    nudges: Iterable[CompiledNudge], leaves: dict[int, dict[str, frozenset[str]]], levels: int
) -> Finder:
    spread: dict[str, set[str]] = {}
    for each in nudges:
        for path, texts in leaves[each.order].items():
            spread.setdefault(path, set()).update(texts)
    always: list[CompiledNudge] = []
    filed: dict[str, list[CompiledNudge]] = {}
    for each in nudges:
        found = leaves[each.order]
        best = min(found, key=lambda path: (len(found[path]) / len(spread[path]), path), default=None)
        if levels == 0 or best is None or len(spread[best]) < 2:
            always.append(each)
        else:
            filed.setdefault(best, []).append(each)
    return _finder(always, [_shelf(path, entries, leaves, levels) for path, entries in filed.items()])


def _shelf(
    path: str, entries: list[CompiledNudge], leaves: dict[int, dict[str, frozenset[str]]], levels: int
) -> _Shelf:
    rest = {
        each.order: {other: texts for other, texts in leaves[each.order].items() if other != path}
        for each in entries
    }
    texts = frozenset().union(*(leaves[each.order][path] for each in entries))
    by_text = {
        text: _file([each for each in entries if text in leaves[each.order][path]], rest, levels - 1)
        for text in texts
    }
    return getter(path), by_text, tuple(entries)


def _finder(always: list[CompiledNudge], shelves: list[_Shelf]) -> Finder:
    def find(values: Facts) -> list[CompiledNudge]:
        found = list(always)
        for get, by_text, everything in shelves:
            value = get(values)
            if value.__class__ is not str:
                found += everything
            elif value in by_text:
                found += by_text[value](values)
        return found

    return find


def _text_leaves(compiled: CompiledNudge) -> dict[str, frozenset[str]]:
    """Facts that must be one of certain texts for the audience to hold. A text test on a text is exact."""
    node = compiled.audience.node
    children: tuple[Any, ...] = (node,) if isinstance(node, LeafNode) else node.children
    if not isinstance(node, LeafNode) and node.operator != "$and":
        return {}
    found: dict[str, frozenset[str]] = {}
    for leaf in children:
        texts = _texts(leaf) if isinstance(leaf, LeafNode) else None
        if texts is not None:
            found[leaf.path] = found.get(leaf.path, texts) & texts
    return found


def _texts(leaf: LeafNode) -> frozenset[str] | None:
    if leaf.operator in ("=", "$eq") and isinstance(leaf.wanted, str):
        return frozenset((leaf.wanted,))
    if leaf.operator == "$in" and all(isinstance(each, str) for each in leaf.wanted):
        return frozenset(leaf.wanted)
    return None
