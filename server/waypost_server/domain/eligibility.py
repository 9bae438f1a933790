"""Whether a nudge may be shown to this person now: gates in a fixed order, each with its numbers.

The first gate that holds gives the reason. `decide`, `claim`, the explanation and the cases beside a
definition all run these gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .compiled import CompiledNudge
from .gates import aim, often, order, said, spend, when
from .gates.aim import progress
from .gates.gate import Gate, Holds
from .history import NOTHING, OpenOffer, Situation

__all__ = ["GATES", "Held", "Verdict", "allowed", "eligible", "gates_of", "held", "progress", "verdicts"]

GATES: tuple[Gate, ...] = (
    Gate("paused", when.paused, when.status),
    Gate("not_started", when.not_started, when.dates),
    Gate("ended", when.ended, when.dates),
    Gate("off_hours", when.off_hours, when.hours),
    Gate("no_grant", aim.no_grant, aim.grant_numbers),
    Gate("audience", aim.out_of_audience, aim.failed_leaves),
    Gate("goal_reached", aim.goal_reached, aim.goal_numbers),
    Gate("never_again", said.never_again, said.never_numbers),
    Gate("dismissed_twice", said.dismissed, said.dismissed_numbers),
    Gate("snoozed", said.snoozed, said.snoozed_numbers),
    Gate("claimed_elsewhere", often.claimed_elsewhere, often.open_numbers),
    Gate("frequency", often.used_up, often.frequency_numbers),
    Gate("standing_holdout", spend.held_out_of_all, spend.standing_numbers),
    Gate("holdout", spend.held_out, spend.holdout_numbers),
    Gate("prerequisite", order.waiting, order.prerequisites),
    Gate("path", order.not_its_turn, order.path_numbers),
    Gate("session_start", when.settling, when.settling_numbers),
    Gate("budget", spend.spent_up, spend.budget_numbers),
    Gate("quiet_hours", when.quiet, when.quiet_numbers),
    Gate("muted", spend.muted, spend.muted_numbers),
    Gate("motion", spend.automated_to_strategic, spend.motion_numbers),
    Gate("consent", said.refused, said.refused_numbers),
)
_OF_HISTORY = frozenset({"never_again", "snoozed", "claimed_elsewhere"})  # they need an earlier offer
# People open the feed themselves, as often as they like: it interrupts nobody and wears nobody out.
_NOT_OF_THE_FEED = frozenset(
    {"dismissed_twice", "snoozed", "claimed_elsewhere", "frequency", "session_start", "budget", "quiet_hours"}
)
STANDING = frozenset({"tour", "checklist", "hotspot"})
_NOT_OF_STANDING = frozenset({"claimed_elsewhere", "frequency", "session_start", "budget", "quiet_hours"})


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


def held(nudge: CompiledNudge, situation: Situation) -> Held | None:
    """The first reason why not, with its numbers; None when the person may see it."""
    for gate in _asked(nudge, situation):
        if gate.holds(nudge, situation):
            return Held(gate.reason, gate.numbers(nudge, situation))
    return None


def reason_held(nudge: CompiledNudge, situation: Situation) -> str | None:
    """The reason alone, for counting many."""
    return next((gate.reason for gate in _asked(nudge, situation) if gate.holds(nudge, situation)), None)


def gates_of(nudge: CompiledNudge) -> tuple[str, ...]:
    """The reasons for which this nudge can be held, in the order in which they are asked."""
    return tuple(gate.reason for gate in _of_surface(nudge))


def eligible(nudge: CompiledNudge, situation: Situation) -> bool:
    """The same answer without a reason, several times faster. No gate has an effect, so the one that most
    often decides goes first."""
    return nudge.audience.test(situation.facts) and allowed(nudge, situation)


def allowed(nudge: CompiledNudge, situation: Situation) -> bool:
    """Whether a person of the audience may see it: the release's index has found the audience already."""
    if nudge.nudge.surface in STANDING and standing_offer(nudge, situation) is not None:
        return reason_held(nudge, situation) is None
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
        for gate in _asked(nudge, situation)
    ]


def standing_offer(nudge: CompiledNudge, situation: Situation) -> OpenOffer | None:
    """The offer that is on the person's screen already and stays there until they close it, over every page.

    Such a nudge is not offered again but goes on, so nothing is spent and nothing can be used up. A browser
    that claims does not go on with it: another tab does.
    """
    if nudge.nudge.surface not in STANDING or situation.claim_id is not None:
        return None
    shown = (offer for offer in situation.history.of(nudge.key).open if offer.state == "shown")
    return max(shown, key=lambda offer: (offer.since, offer.id), default=None)


def _asked(nudge: CompiledNudge, situation: Situation) -> tuple[Gate, ...]:
    """The gates that have a say in this nudge now."""
    return _OF_STANDING if standing_offer(nudge, situation) is not None else _of_surface(nudge)


def _of_surface(nudge: CompiledNudge) -> tuple[Gate, ...]:
    return _OF_THE_FEED if nudge.nudge.surface == "announcement" else GATES


_OF_THE_FEED = tuple(gate for gate in GATES if gate.reason not in _NOT_OF_THE_FEED)
_OF_STANDING = tuple(gate for gate in GATES if gate.reason not in _NOT_OF_STANDING)


@lru_cache(maxsize=16_384)
def _able(nudge: CompiledNudge) -> tuple[tuple[Holds, ...], tuple[Holds, ...]]:
    """The gates but the audience that can hold this nudge at all: before its first offer, and after it."""
    spec, policy = nudge.nudge, nudge.policy
    session, quiet = policy.session, policy.quiet_hours
    idle = {
        "audience": True,
        "paused": not spec.is_paused,
        "not_started": nudge.starts_on is None,
        "ended": nudge.ends_on is None,
        "off_hours": not spec.schedule.days and spec.schedule.hours is None,
        "no_grant": not spec.from_play,
        "muted": not spec.from_play,
        "motion": not spec.from_play,
        "goal_reached": spec.goal is None or not spec.frequency.until_goal,
        "dismissed_twice": policy.dismissals_before_stop is None,
        "standing_holdout": policy.holdout_percent <= 0,
        "holdout": spec.holdout_percent <= 0,
        "prerequisite": not spec.requires,
        "path": not nudge.places,
        "session_start": session is None or not session.settle_seconds,
        "budget": not policy.caps and not policy.min_gap_seconds and (session is None or session.max is None),
        "quiet_hours": quiet is None or not quiet.in_app,
    }
    later = [gate for gate in _of_surface(nudge) if not idle.get(gate.reason)]
    of_history = {
        **dict.fromkeys(_OF_HISTORY, True),
        "dismissed_twice": bool(policy.dismissals_before_stop),  # 0 is used up by nothing
        "frequency": all(limit.max > 0 for limit in spec.frequency.limits),
    }
    at_first = [gate for gate in later if not of_history.get(gate.reason)]
    return tuple(gate.holds for gate in at_first), tuple(gate.holds for gate in later)
