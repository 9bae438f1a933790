"""How much work a CSM gets in a week: what is urgent, and what is held back until there is room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from waypost_server.domain.policy import UrgentRule


@dataclass(frozen=True, slots=True)
class Work:
    """An open task. `is_fixed`: never held back, because it is urgent, late, or somebody is at it already."""

    id: str
    rank: float  # severity times yearly value
    is_fixed: bool = False


def held_back(works: Iterable[Work], room: int | None) -> frozenset[str]:
    """The tasks that wait: all but the `room` most urgent ones. Fixed tasks take room and never wait."""
    if room is None:
        return frozenset()
    works = list(works)
    left = max(0, room - sum(1 for each in works if each.is_fixed))
    loose = sorted((each for each in works if not each.is_fixed), key=lambda each: (-each.rank, each.id))
    return frozenset(each.id for each in loose[left:])


def rank(severity: float, value: float) -> float:
    """The order of the queue: severity times yearly value, where an unknown value counts as 1."""
    return severity * max(value, 1.0)


def urgent_because(
    rules: Sequence[UrgentRule], *, severity: float, value: float, renewal_in_days: int | None
) -> str:
    """Why a task is urgent, in words; '' when no rule holds."""
    for rule in rules:
        reasons = _reasons(rule, severity, value, renewal_in_days)
        if reasons is not None:
            return ", ".join(reasons)
    return ""


def _reasons(
    rule: UrgentRule, severity: float, value: float, renewal_in_days: int | None
) -> list[str] | None:
    """What makes the rule hold; None when one of its lines does not."""
    found = []
    if rule.renewal_days is not None:
        if renewal_in_days is None or not 0 <= renewal_in_days <= rule.renewal_days:
            return None
        found.append("renews today" if renewal_in_days == 0 else f"renews in {renewal_in_days} d")
    if rule.value is not None:
        if value < rule.value:
            return None
        found.append(f"worth {value:,.0f} a year")
    if rule.severity is not None:
        if severity < rule.severity:
            return None
        found.append(f"severity {severity:.2f}")
    return found
