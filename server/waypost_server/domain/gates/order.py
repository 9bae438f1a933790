"""Is it this one's turn? Other nudges that come first: prerequisites and learning paths."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from waypost_server.domain.compiled import CompiledNudge, Place
from waypost_server.domain.definitions import Prerequisite
from waypost_server.domain.history import Situation

from . import aim, often, said, spend, when
from .gate import time_text


# --- prerequisites --------------------------------------------------------------------------------
def waiting(nudge: CompiledNudge, situation: Situation) -> bool:
    """Another nudge has not got as far as this one asks, or not long enough ago."""
    return any(not _met(each, situation) for each in nudge.nudge.requires)


def _met(wanted: Prerequisite, situation: Situation) -> bool:
    at = _reached(wanted, situation)
    return at is not None and at + timedelta(days=wanted.after_days) <= situation.now


def _reached(wanted: Prerequisite, situation: Situation) -> datetime | None:
    return situation.history.reached.get(wanted.nudge, {}).get(wanted.state)


def prerequisites(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """Each nudge asked for: the state it must have, since when it has it, and from when that is enough."""
    return {"requires": [_prerequisite(each, situation) for each in nudge.nudge.requires]}


def _prerequisite(wanted: Prerequisite, situation: Situation) -> dict[str, Any]:
    at = _reached(wanted, situation)
    return {
        "nudge": wanted.nudge,
        "state": wanted.state,
        "after_days": wanted.after_days,
        "since": time_text(at),
        "free_at": time_text(at + timedelta(days=wanted.after_days)) if at else None,
        "met": _met(wanted, situation),
    }


# --- learning paths -------------------------------------------------------------------------------
def not_its_turn(nudge: CompiledNudge, situation: Situation) -> bool:
    """An earlier step of its learning path is still ahead of this person, or another one is open."""
    return next(_in_the_way(nudge, situation), None) is not None


def path_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """The paths it belongs to for this person, and the step that comes first."""
    mine = [place.path.key for place in nudge.places if _walks(place, situation)]
    first = next(_in_the_way(nudge, situation), None)
    numbers: dict[str, Any] = {"paths": mine}
    if first is not None:
        place, step, why = first
        numbers |= {"path": place.path.key, "step": place.index + 1, "waits_for": step, "because": why}
    return numbers


def _in_the_way(nudge: CompiledNudge, situation: Situation) -> Iterator[tuple[Place, str, str]]:
    for place in nudge.places:
        if not _walks(place, situation):
            continue
        for index, key in enumerate(place.path.nudges):
            step = place.release.get(key)
            if step is None or key == nudge.key:
                continue
            if index < place.index and not is_behind(step, situation):
                yield place, key, "earlier"
            elif _is_open(step, situation):
                yield place, key, "open"


def _walks(place: Place, situation: Situation) -> bool:
    """Whether the path is one for the person's role."""
    return not place.path.roles or situation.facts.get("user", {}).get("role") in place.path.roles


def _is_open(step: CompiledNudge, situation: Situation) -> bool:
    return any(each.blocks_until() > situation.now for each in situation.history.of(step.key).open)


def is_behind(step: CompiledNudge, situation: Situation) -> bool:
    """Whether a step is over for this person, or not meant for them now. One that merely rests (snoozed,
    cooling down, waiting for the budget) is still ahead."""
    return any(holds(step, situation) for holds in _LASTING) or _done(step, situation)


def _done(step: CompiledNudge, situation: Situation) -> bool:
    """A step without a goal is done once the person acted on it."""
    reached = situation.history.reached.get(step.key, {})
    return step.nudge.goal is None and ("completed" in reached or "clicked" in reached)


_LASTING = (
    when.paused,
    when.not_started,
    when.ended,
    aim.no_grant,
    aim.out_of_audience,
    aim.goal_reached,
    said.never_again,
    said.dismissed,
    said.refused,
    often.used_up_for_good,
    spend.held_out,
    spend.held_out_of_all,
    spend.muted,
    spend.automated_to_strategic,
    waiting,
)
