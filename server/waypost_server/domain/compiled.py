"""A release made ready to answer: conditions compiled, needs gathered, audiences indexed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from . import facts
from .conditions import Compiled, Facts, compile_condition
from .definitions import Definitions, Goal, LearningPath, Nudge, Policy
from .nudge import Kind
from .rule_index import index

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
    key: str  # the nudge's own, and how it spends attention: every gate asks for them
    kind: Kind
    nudge: Nudge
    audience: Compiled
    starts_on: date | None
    ends_on: date | None
    policy: Policy
    places: tuple[Place, ...]
    topics: frozenset[str]


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
    page_fields: frozenset[str]  # of `page.`: with any, an answer is one for a page
    find: Callable[[Facts], list[CompiledNudge]]  # facts → the nudges whose audience holds


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
        page_fields=frozenset(path.removeprefix("page.") for path in paths if path.startswith("page.")),
        find=index((each, each.audience) for each in nudges),
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
        nudge.key,
        nudge.kind,
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
