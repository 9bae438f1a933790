"""The next best step for an account or one of its people, with its reason: what is closest and matters most.

Deepening comes first: a milestone that is begun, then a behaviour that is begun, then milestones in the order of
the journey, then behaviours by weight. The order is total, so the same facts always name the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from .adoption import Assessment, Finding, PersonUse
from .definitions import Definitions, Goal, Milestone, Step

Reason = Callable[[Finding, float], str]
Kind = Literal["milestone", "behaviour"]


@dataclass(frozen=True, slots=True)
class MilestoneAt:
    """Where a subject stands on a milestone: the keys of the steps that are done."""

    milestone: Milestone
    done: frozenset[str]
    reached: bool


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next, and why. `feature` is what to use; `served_by` are nudges and plays made for it."""

    kind: Kind
    key: str
    title: str
    feature: str
    reason: str
    served_by: tuple[str, ...] = ()


class StateSeen(Protocol):
    """What is stored of a subject's progress on a milestone."""

    @property
    def milestone(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def steps(self) -> Mapping[str, str]: ...
    @property
    def reached_at(self) -> datetime | None: ...


def milestones_at(
    definitions: Definitions, states: Iterable[StateSeen], *, user_id: str
) -> list[MilestoneAt]:
    """Where a subject stands on every milestone of its scope; `user_id` '' means the account itself."""
    known = {each.milestone: each for each in states if each.user_id == user_id}
    scope = "user" if user_id else "account"
    found = []
    for milestone in definitions.journey.milestones:
        if milestone.scope == scope:
            state = known.get(milestone.key)
            done = frozenset(state.steps) if state else frozenset()
            found.append(MilestoneAt(milestone, done, bool(state and state.reached_at)))
    return found


def for_account(
    definitions: Definitions, milestones: Sequence[MilestoneAt], assessment: Assessment | None
) -> NextStep | None:
    """For the account as a whole; None when it is through the journey and adopted."""
    unmet = assessment.unmet if assessment else ()
    return _first(definitions, milestones, [(each, each.progress) for each in unmet], _account_reason)


def for_person(
    definitions: Definitions,
    milestones: Sequence[MilestoneAt],
    assessment: Assessment | None,
    person: PersonUse,
) -> NextStep | None:
    """For one person: only behaviours of their role that the account lacks and they have not reached."""
    open_ones = []
    for each in assessment.unmet if assessment else ():
        behaviour = each.behaviour
        value = person.measured.get(behaviour.key, 0)
        if (behaviour.roles is None or person.role in behaviour.roles) and value < behaviour.wanted:
            open_ones.append((each, value / behaviour.wanted))
    return _first(definitions, milestones, open_ones, _person_reason)


def _first(
    definitions: Definitions,
    milestones: Sequence[MilestoneAt],
    behaviours: Iterable[tuple[Finding, float]],
    reason: Reason,
) -> NextStep | None:
    order = {milestone.key: place for place, milestone in enumerate(definitions.journey.milestones)}
    candidates: list[tuple[tuple[float, ...], str, NextStep]] = []
    for at in milestones:
        step = None if at.reached else _undone(at)
        if step is None:
            continue
        done, total = len(at.done), len(at.milestone.steps)
        place = (0.0, -done / total) if done else (2.0, float(order.get(at.milestone.key, len(order))))
        why = f"{done} of {total} steps of “{at.milestone.title}” are done"
        found = NextStep("milestone", at.milestone.key, step.title, step.feature, why)
        candidates.append((place, at.milestone.key, found))
    for finding, progress in behaviours:
        behaviour = finding.behaviour
        place = (1.0, -behaviour.weight * progress) if progress else (3.0, -behaviour.weight)
        found = NextStep(
            "behaviour", behaviour.key, behaviour.title, behaviour.feature, reason(finding, progress)
        )
        candidates.append((place, behaviour.key, found))
    if not candidates:
        return None
    best = min(candidates, key=lambda each: (each[0], each[1], each[2].kind))[2]
    return NextStep(best.kind, best.key, best.title, best.feature, best.reason, serving(definitions, best))


def serving(definitions: Definitions, step: NextStep) -> tuple[str, ...]:
    """Nudges and plays whose goal is this step: "nudge:<key>", "play:<key>"."""
    goals: list[tuple[str, Goal | None]] = [
        *((f"nudge:{each.key}", each.goal) for each in definitions.nudges),
        *((f"play:{each.key}", each.goal) for each in definitions.plays),
    ]
    milestone = step.key if step.kind == "milestone" else None
    return tuple(
        name
        for name, goal in goals
        if goal and (goal.feature == step.feature or (milestone and goal.milestone == milestone))
    )


def _undone(at: MilestoneAt) -> Step | None:
    return next((step for step in at.milestone.steps if step.key not in at.done), None)


def _account_reason(finding: Finding, _progress: float) -> str:
    return f"{finding.words()} so far"


def _person_reason(finding: Finding, progress: float) -> str:
    behaviour = finding.behaviour
    unit = "weeks" if behaviour.weeks_active else "uses"
    done = round(progress * behaviour.wanted)
    return f"{done} of {behaviour.wanted} {unit} so far; in the account {finding.words()}"
