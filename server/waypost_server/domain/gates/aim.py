"""Is it for this person, and still of use? Grants of plays, the audience, the goal."""

from __future__ import annotations

from typing import Any

from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.definitions import Goal
from waypost_server.domain.history import Grant, Situation
from waypost_server.domain.local_day import day_of

from .gate import time_text


def progress(nudge: CompiledNudge, situation: Situation) -> float:
    """How far the goal is, 0 to 1; 0 without a goal."""
    goal = nudge.nudge.goal
    if goal is None:
        return 0.0
    if goal.milestone:
        state = situation.facts.get("milestone", {}).get(goal.milestone, {})
        return 1.0 if state.get("reached") else float(state.get("progress") or 0)
    done, wanted = _counted(nudge, goal, situation)
    return min(1.0, done / wanted)


def grants_for(nudge: CompiledNudge, situation: Situation) -> list[Grant]:
    """The open grants of plays that name this person's role."""
    role = situation.facts.get("user", {}).get("role")
    return [
        grant
        for grant in situation.history.grants.get(nudge.key, ())
        if grant.until > situation.now and (grant.roles is None or role in grant.roles)
    ]


def no_grant(nudge: CompiledNudge, situation: Situation) -> bool:
    """A nudge of a play that no play has handed out."""
    return nudge.nudge.from_play and not grants_for(nudge, situation)


def grant_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """How many grants are open, and until when."""
    given = situation.history.grants.get(nudge.key, ())
    return {
        "from_play": nudge.nudge.from_play,
        "open_grants": len(grants_for(nudge, situation)),
        "until": time_text(max((grant.until for grant in given), default=None)),
    }


def out_of_audience(nudge: CompiledNudge, situation: Situation) -> bool:
    """The condition does not hold."""
    return not nudge.audience.test(situation.facts)


def failed_leaves(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """Each comparison that failed, with the value seen."""
    explanation = nudge.audience.explain(situation.facts)
    leaves = explanation.leaves()
    return {
        "leaves": len(leaves),
        "failed": [leaf.as_json() for leaf in leaves if leaf.truth != "true"],
    }


def goal_reached(nudge: CompiledNudge, situation: Situation) -> bool:
    """What it is for has been done."""
    goal = nudge.nudge.goal
    if goal is None or not nudge.nudge.frequency.until_goal:
        return False
    if goal.milestone:
        return bool(situation.facts.get("milestone", {}).get(goal.milestone, {}).get("reached"))
    done, wanted = _counted(nudge, goal, situation)
    return done >= wanted


def _counted(nudge: CompiledNudge, goal: Goal, situation: Situation) -> tuple[int, int]:
    """Uses (or active weeks) of the goal's feature since the first offer, and how many are wanted."""
    past = situation.history.of(nudge.key)
    wanted = goal.weeks_active or goal.count
    if past.first_at is None:
        return 0, wanted
    if goal.weeks_active:
        days = situation.history.feature_days.get(goal.feature or "", ())
        since = day_of(past.first_at, situation.zone)
        return len({day.isocalendar()[:2] for day in days if day >= since}), wanted
    total = situation.facts.get("usage", {}).get(goal.feature, {}).get("total") or 0
    return max(0, total - past.goal_base), wanted


def goal_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """How far the goal is."""
    goal = nudge.nudge.goal
    if goal is None:
        return {"goal": None}
    numbers = {"until_goal": nudge.nudge.frequency.until_goal, "progress": progress(nudge, situation)}
    if goal.milestone:
        return {"milestone": goal.milestone, **numbers}
    done, wanted = _counted(nudge, goal, situation)
    return {"feature": goal.feature, "done": done, "wanted": wanted, **numbers}
