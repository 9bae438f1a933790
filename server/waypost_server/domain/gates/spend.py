"""Is there attention left to spend on it? Holdouts, the budget, and the people who come first."""

from __future__ import annotations

from typing import Any

from waypost_server.domain import assignment, budget
from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.history import Situation

from .aim import grants_for

IN_APP = "in_app"
STRATEGIC = "strategic"


def held_out(nudge: CompiledNudge, situation: Situation) -> bool:
    """The account is left out of this nudge, to measure what it does."""
    return assignment.held_out(nudge.key, _unit(situation), nudge.nudge.holdout_percent)


def holdout_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """The percentage, and where the account stands."""
    return {
        "percent": nudge.nudge.holdout_percent,
        "unit": "account" if situation.account_id else "user",
        "share": round(assignment.share(f"holdout:{nudge.key}", _unit(situation)), 6),
    }


def held_out_of_all(nudge: CompiledNudge, situation: Situation) -> bool:
    """The account is left out of everything digital, to measure the whole."""
    return assignment.held_out_of_all(_unit(situation), nudge.policy.holdout_percent)


def standing_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """The percentage, and where the account stands."""
    return {
        "percent": nudge.policy.holdout_percent,
        "unit": "account" if situation.account_id else "user",
        "share": round(assignment.standing_share(_unit(situation)), 6),
    }


def _unit(situation: Situation) -> str:
    """Accounts are assigned as a whole, because colleagues talk."""
    return situation.account_id or situation.user_id


def _spent(nudge: CompiledNudge, situation: Situation) -> budget.Spent | None:
    asked, known = (id(nudge.policy), nudge.kind), situation.spent
    if asked not in known:
        known[asked] = budget.spent(
            nudge.policy,
            person=situation.history.person_touches,
            account=situation.history.account_touches,
            kind=nudge.kind,
            channel=IN_APP,
            now=situation.now,
            session_started_at=situation.session_started_at,
        )
    return known[asked]


def spent_up(nudge: CompiledNudge, situation: Situation) -> bool:
    """No cap, gap or session has room for one more touch."""
    return _spent(nudge, situation) is not None


def budget_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """What was counted, and the limit that is used up."""
    spent = _spent(nudge, situation)
    counted = {
        "person_touches": len(situation.history.person_touches),
        "account_touches": len(situation.history.account_touches),
        "kind": nudge.kind,
    }
    return counted if spent is None else {**counted, **spent.numbers()}


def muted(nudge: CompiledNudge, situation: Situation) -> bool:
    """A person works on the account and asked its plays to keep quiet."""
    return nudge.nudge.from_play and situation.history.muted


def muted_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """Whether a task mutes plays."""
    return {"open_task_mutes_digital": situation.history.muted, "from_play": nudge.nudge.from_play}


def automated_to_strategic(nudge: CompiledNudge, situation: Situation) -> bool:
    """Automation does not speak to strategic accounts."""
    if not nudge.nudge.from_play or situation.facts.get("account", {}).get("motion") != STRATEGIC:
        return False
    return not any(grant.by_person for grant in grants_for(nudge, situation))


def motion_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """The motion, and who handed it out."""
    return {
        "motion": situation.facts.get("account", {}).get("motion"),
        "from_play": nudge.nudge.from_play,
        "granted_by_person": any(grant.by_person for grant in grants_for(nudge, situation)),
    }
