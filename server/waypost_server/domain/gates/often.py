"""Has it been shown often enough? Other screens, limits and the cooldown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.history import Situation

from .gate import time_text


def claimed_elsewhere(nudge: CompiledNudge, situation: Situation) -> bool:
    """On another tab or device right now."""
    return any(
        offer.claim_id != situation.claim_id and offer.blocks_until() > situation.now
        for offer in situation.history.of(nudge.key).open
    )


def open_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """How many screens, and until when."""
    offers = [each for each in situation.history.of(nudge.key).open if each.blocks_until() > situation.now]
    return {
        "open": len(offers),
        "until": time_text(max((each.blocks_until() for each in offers), default=None)),
    }


def used_up(nudge: CompiledNudge, situation: Situation) -> bool:
    """A limit is used up, or the cooldown is running."""
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


def used_up_for_good(nudge: CompiledNudge, situation: Situation) -> bool:
    """A limit that no time gives back is used up."""
    count = situation.history.of(nudge.key).count
    return any(limit.per_days is None and count >= limit.max for limit in nudge.nudge.frequency.limits)


def frequency_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """What is used of each limit, and when the cooldown ends."""
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
        "last_at": time_text(past.last_at),
        "cooldown_until": time_text(free_at),
    }
