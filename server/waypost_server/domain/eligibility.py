"""Whether a nudge may be shown to this person now: gates in a fixed order, each with its numbers.

The first gate that holds gives the reason. `decide`, `claim`, the explanation and the cases beside a
definition all run these gates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from . import assignment, budget
from .compiled import CompiledNudge
from .definitions import Goal
from .history import NOTHING, Grant, Situation

IN_APP = "in_app"
STRATEGIC = "strategic"


@dataclass(frozen=True, slots=True)
class Held:
    """Considered and not shown, for a stated reason."""

    reason: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate said, for the explanation."""

    gate: str
    passed: bool
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    """`holds` answers fast; `numbers` tells what it looked at, for whoever asks why."""

    reason: str
    holds: Callable[[CompiledNudge, Situation], bool]
    numbers: Callable[[CompiledNudge, Situation], dict[str, Any]]


def held(nudge: CompiledNudge, situation: Situation) -> Held | None:
    """The first reason why not, with its numbers; None when the person may see it."""
    for gate in GATES:
        if gate.holds(nudge, situation):
            return Held(gate.reason, gate.numbers(nudge, situation))
    return None


def eligible(nudge: CompiledNudge, situation: Situation) -> bool:
    """The same answer without a reason, several times faster. No gate has an effect, so the one that most
    often decides goes first."""
    if not nudge.audience.test(situation.facts):
        return False
    at_first, later = _able(nudge)
    never_offered = situation.history.of(nudge.key) is NOTHING
    for holds in at_first if never_offered else later:  # noqa: SIM110 - a generator doubles the time
        if holds(nudge, situation):
            return False
    return True


def verdicts(nudge: CompiledNudge, situation: Situation) -> list[Verdict]:
    """What every gate says, in order, whether or not an earlier one held."""
    return [
        Verdict(gate.reason, not gate.holds(nudge, situation), gate.numbers(nudge, situation))
        for gate in GATES
    ]


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


# --- schedule -------------------------------------------------------------------------------------
def _not_started(nudge: CompiledNudge, situation: Situation) -> bool:
    return nudge.starts_on is not None and situation.today < nudge.starts_on


def _ended(nudge: CompiledNudge, situation: Situation) -> bool:
    return nudge.ends_on is not None and situation.today > nudge.ends_on


def _dates(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    return {
        "starts_on": nudge.nudge.schedule.starts_on,
        "ends_on": nudge.nudge.schedule.ends_on,
        "today": situation.today.isoformat(),
    }


# --- grants of plays ------------------------------------------------------------------------------
def _grants(nudge: CompiledNudge, situation: Situation) -> list[Grant]:
    role = situation.facts.get("user", {}).get("role")
    return [
        grant
        for grant in situation.history.grants.get(nudge.key, ())
        if grant.until > situation.now and (grant.roles is None or role in grant.roles)
    ]


def _no_grant(nudge: CompiledNudge, situation: Situation) -> bool:
    return nudge.nudge.from_play and not _grants(nudge, situation)


def _grant_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    given = situation.history.grants.get(nudge.key, ())
    return {
        "from_play": nudge.nudge.from_play,
        "open_grants": len(_grants(nudge, situation)),
        "until": _time(max((grant.until for grant in given), default=None)),
    }


# --- audience and goal ----------------------------------------------------------------------------
def _audience(nudge: CompiledNudge, situation: Situation) -> bool:
    return not nudge.audience.test(situation.facts)


def _failed_leaves(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    explanation = nudge.audience.explain(situation.facts)
    leaves = explanation.leaves() if hasattr(explanation, "leaves") else (explanation,)
    return {
        "leaves": len(leaves),
        "failed": [leaf.as_json() for leaf in leaves if leaf.truth != "true"],
    }


def _goal_reached(nudge: CompiledNudge, situation: Situation) -> bool:
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
        since = past.first_at.date()
        return len({day.isocalendar()[:2] for day in days if day >= since}), wanted
    total = situation.facts.get("usage", {}).get(goal.feature, {}).get("total") or 0
    return max(0, total - past.goal_base), wanted


def _goal_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    goal = nudge.nudge.goal
    if goal is None:
        return {"goal": None}
    numbers = {"until_goal": nudge.nudge.frequency.until_goal, "progress": progress(nudge, situation)}
    if goal.milestone:
        return {"milestone": goal.milestone, **numbers}
    done, wanted = _counted(nudge, goal, situation)
    return {"feature": goal.feature, "done": done, "wanted": wanted, **numbers}


# --- what the person said -------------------------------------------------------------------------
def _never_again(nudge: CompiledNudge, situation: Situation) -> bool:
    return situation.history.of(nudge.key).never_again


def _never_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    return {"never_again": situation.history.of(nudge.key).never_again}


def _dismissed(nudge: CompiledNudge, situation: Situation) -> bool:
    return situation.history.of(nudge.key).dismissed >= nudge.policy.dismissals_before_stop


def _dismissed_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    return {
        "dismissed": situation.history.of(nudge.key).dismissed,
        "stops_at": nudge.policy.dismissals_before_stop,
    }


def _snoozed(nudge: CompiledNudge, situation: Situation) -> bool:
    until = situation.history.of(nudge.key).snoozed_until
    return until is not None and until > situation.now


def _snoozed_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    return {"until": _time(situation.history.of(nudge.key).snoozed_until)}


# --- frequency ------------------------------------------------------------------------------------
def _claimed_elsewhere(nudge: CompiledNudge, situation: Situation) -> bool:
    return any(
        offer.claim_id != situation.claim_id and offer.blocks_until() > situation.now
        for offer in situation.history.of(nudge.key).open
    )


def _open_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    offers = [each for each in situation.history.of(nudge.key).open if each.blocks_until() > situation.now]
    return {
        "open": len(offers),
        "until": _time(max((each.blocks_until() for each in offers), default=None)),
    }


def _frequency(nudge: CompiledNudge, situation: Situation) -> bool:
    past = situation.history.of(nudge.key)
    rule = nudge.nudge.frequency
    if past.last_at is None:
        return any(limit.max <= 0 for limit in rule.limits)
    if past.last_at + timedelta(days=rule.cooldown_days) > situation.now:
        return True
    return any(
        (past.count if limit.per_days is None else past.within.get(limit.per_days, 0)) >= limit.max
        for limit in rule.limits
    )


def _frequency_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    past = situation.history.of(nudge.key)
    rule = nudge.nudge.frequency
    free_at = past.last_at + timedelta(days=rule.cooldown_days) if past.last_at else None
    return {
        "shown": past.count,
        "limits": [
            {
                "max": limit.max,
                "per_days": limit.per_days,
                "used": past.count if limit.per_days is None else past.within.get(limit.per_days, 0),
            }
            for limit in rule.limits
        ],
        "cooldown_days": rule.cooldown_days,
        "last_at": _time(past.last_at),
        "cooldown_until": _time(free_at),
    }


# --- holdout, budget, people first ----------------------------------------------------------------
def _holdout(nudge: CompiledNudge, situation: Situation) -> bool:
    return assignment.held_out(nudge.key, _unit(situation), nudge.nudge.holdout_percent)


def _holdout_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    return {
        "percent": nudge.nudge.holdout_percent,
        "unit": "account" if situation.account_id else "user",
        "share": round(assignment.share(f"holdout:{nudge.key}", _unit(situation)), 6),
    }


def _unit(situation: Situation) -> str:
    """Accounts are assigned as a whole, because colleagues talk."""
    return situation.account_id or situation.user_id


def _spent(nudge: CompiledNudge, situation: Situation) -> budget.Spent | None:
    asked = (id(nudge.policy), nudge.nudge.kind)
    if asked not in situation.spent:
        situation.spent[asked] = budget.spent(
            nudge.policy,
            person=situation.history.person_touches,
            account=situation.history.account_touches,
            kind=nudge.nudge.kind,
            channel=IN_APP,
            now=situation.now,
        )
    return situation.spent[asked]


def _budget(nudge: CompiledNudge, situation: Situation) -> bool:
    return _spent(nudge, situation) is not None


def _budget_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    spent = _spent(nudge, situation)
    counted = {
        "person_touches": len(situation.history.person_touches),
        "account_touches": len(situation.history.account_touches),
        "kind": nudge.nudge.kind,
    }
    return counted if spent is None else {**counted, **spent.numbers()}


def _muted(nudge: CompiledNudge, situation: Situation) -> bool:
    return nudge.nudge.from_play and situation.history.muted


def _muted_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    return {"open_task_mutes_digital": situation.history.muted, "from_play": nudge.nudge.from_play}


def _motion(nudge: CompiledNudge, situation: Situation) -> bool:
    if not nudge.nudge.from_play or situation.facts.get("account", {}).get("motion") != STRATEGIC:
        return False
    return not any(grant.by_person for grant in _grants(nudge, situation))


def _motion_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    return {
        "motion": situation.facts.get("account", {}).get("motion"),
        "from_play": nudge.nudge.from_play,
        "granted_by_person": any(grant.by_person for grant in _grants(nudge, situation)),
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None


GATES: tuple[Gate, ...] = (
    Gate("not_started", _not_started, _dates),
    Gate("ended", _ended, _dates),
    Gate("no_grant", _no_grant, _grant_numbers),
    Gate("audience", _audience, _failed_leaves),
    Gate("goal_reached", _goal_reached, _goal_numbers),
    Gate("never_again", _never_again, _never_numbers),
    Gate("dismissed_twice", _dismissed, _dismissed_numbers),
    Gate("snoozed", _snoozed, _snoozed_numbers),
    Gate("claimed_elsewhere", _claimed_elsewhere, _open_numbers),
    Gate("frequency", _frequency, _frequency_numbers),
    Gate("holdout", _holdout, _holdout_numbers),
    Gate("budget", _budget, _budget_numbers),
    Gate("muted", _muted, _muted_numbers),
    Gate("motion", _motion, _motion_numbers),
)
_OF_HISTORY = frozenset({"never_again", "snoozed", "claimed_elsewhere"})  # they need an earlier offer

Holds = Callable[[CompiledNudge, Situation], bool]


@lru_cache(maxsize=16_384)
def _able(nudge: CompiledNudge) -> tuple[tuple[Holds, ...], tuple[Holds, ...]]:
    """The gates but the audience that can hold this nudge at all: before its first offer, and after it."""
    spec = nudge.nudge
    idle = {
        "audience": True,
        "not_started": nudge.starts_on is None,
        "ended": nudge.ends_on is None,
        "no_grant": not spec.from_play,
        "muted": not spec.from_play,
        "motion": not spec.from_play,
        "goal_reached": spec.goal is None or not spec.frequency.until_goal,
        "holdout": spec.holdout_percent <= 0,
    }
    later = [gate for gate in GATES if not idle.get(gate.reason)]
    at_first = [gate for gate in later if gate.reason not in _OF_HISTORY]
    return tuple(gate.holds for gate in at_first), tuple(gate.holds for gate in later)
