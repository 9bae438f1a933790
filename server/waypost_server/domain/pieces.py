"""What facts make of a structure: the steps of a tour that are left, the items of a checklist that are done.

Compiled once per release; an outcome is a small hashable value, so that equal outcomes share one rendering.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from .conditions import Compiled, compile_condition, getter
from .nudge import Nudge
from .surfaces import ChecklistItem, Tour, TourStep

Facts = dict[str, Any]
Route = tuple[str, ...]  # keys of the steps a person walks, in order
Ticks = tuple[bool, ...]  # per item, whether it is done


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """`paths` are the facts it reads; `outcome` is a Route, Ticks, or None for what never changes."""

    paths: frozenset[str]
    outcome: Callable[[Facts], Hashable]


STILL = Structure(frozenset(), lambda _facts: None)


def compile_structure(nudge: Nudge) -> Structure:
    """The structure of a nudge's surface. Raises ConditionError for a malformed condition."""
    if nudge.tour is not None:
        return _tour(nudge.tour)
    if nudge.checklist is not None:
        tests = [_item(item) for item in nudge.checklist.items]
        paths = frozenset().union(*(paths for paths, _ in tests))
        return Structure(paths, lambda facts: tuple(done(facts) for _, done in tests))
    return STILL


# --- checklist ------------------------------------------------------------------------------------
def _item(item: ChecklistItem) -> tuple[frozenset[str], Callable[[Facts], bool]]:
    if item.when is not None:
        compiled = compile_condition(item.when)
        return compiled.paths, compiled.test
    path = f"milestone.{item.milestone}.reached" if item.milestone else f"usage.{item.feature}.total"
    get, least = getter(path), item.count
    if item.milestone:
        return frozenset({path}), lambda facts: get(facts) is True
    return frozenset({path}), lambda facts: (get(facts) or 0) >= least


# --- tour -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class _Stop:
    key: str
    skip: Compiled | None
    branches: tuple[tuple[Compiled, int], ...]  # a condition, and the place of the step it leads to


def _tour(tour: Tour) -> Structure:
    places = {step.key: place for place, step in enumerate(tour.steps)}
    stops = [_stop(step, places) for step in tour.steps]
    conditions = [
        each for stop in stops for each in (stop.skip, *(when for when, _ in stop.branches)) if each
    ]
    paths = frozenset().union(*(each.paths for each in conditions))
    return Structure(paths, lambda facts: _route(stops, facts))


def _stop(step: TourStep, places: dict[str, int]) -> _Stop:
    skip = compile_condition(step.skip_when) if step.skip_when is not None else None
    # A branch to nowhere is refused by validation; here it leads on, so that a tour never loops.
    branches = tuple((compile_condition(one.when), places.get(one.to, 0)) for one in step.branches)
    return _Stop(step.key, skip, branches)


def _route(stops: list[_Stop], facts: Facts) -> Route:
    """Forward only: a branch that would lead back is passed over. A skipped step still decides what follows."""
    route: list[str] = []
    place = 0
    while place < len(stops):
        stop = stops[place]
        if stop.skip is None or not stop.skip.test(facts):
            route.append(stop.key)
        ahead = (to for when, to in stop.branches if to > place and when.test(facts))
        place = next(ahead, place + 1)
    return tuple(route)
