"""What did the person say? Never again, closed, later, and whether Waypost may speak to them at all."""

from __future__ import annotations

from typing import Any

from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.history import Situation

from .gate import time_text


def never_again(nudge: CompiledNudge, situation: Situation) -> bool:
    """Asked not to see it again."""
    return situation.history.of(nudge.key).never_again


def never_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """Whether they asked."""
    return {"never_again": situation.history.of(nudge.key).never_again}


def dismissed(nudge: CompiledNudge, situation: Situation) -> bool:
    """Closed as often as the policy puts up with."""
    stop = nudge.policy.dismissals_before_stop
    return stop is not None and situation.history.of(nudge.key).dismissed >= stop


def dismissed_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """How often, and when it stops."""
    return {
        "dismissed": situation.history.of(nudge.key).dismissed,
        "stops_at": nudge.policy.dismissals_before_stop,
    }


def snoozed(nudge: CompiledNudge, situation: Situation) -> bool:
    """Put off until later."""
    until = situation.history.of(nudge.key).snoozed_until
    return until is not None and until > situation.now


def snoozed_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """Until when."""
    return {"until": time_text(situation.history.of(nudge.key).snoozed_until)}


def refused(nudge: CompiledNudge, situation: Situation) -> bool:
    """Said no to nudges in the product: to all, to this surface, or to this one."""
    return not nudge.topics.isdisjoint(situation.history.denied)


def refused_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """Which of its topics the person said no to; '' is everything."""
    return {"channel": "in_app", "denied": sorted(nudge.topics & situation.history.denied)}
