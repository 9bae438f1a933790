"""Progress on a milestone, as a function of usage alone.

Nothing is remembered but counts: the time of a step follows from first uses and daily counts, so any
order, split or repetition of the same events gives the same progress.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from waypost_server.domain.definitions import Milestone, Step

DayCount = tuple[date, int]


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """How much of a feature a subject used so far. `days` may be empty when no step needs them."""

    first_at: datetime
    total: int
    days: Sequence[DayCount] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a subject stands. `started_at` is its first use of any feature of the milestone."""

    done: int
    total: int
    steps: Mapping[str, datetime]
    started_at: datetime | None
    reached_at: datetime | None


def progress(
    milestone: Milestone, uses: Mapping[str, FeatureUse], start_of_day: Callable[[date], datetime]
) -> Progress:
    """Progress on `milestone` given the use of its features by key."""
    times = {step.key: _done_at(step, uses.get(step.feature), start_of_day) for step in milestone.steps}
    steps = {key: at for key, at in times.items() if at is not None}
    started = [uses[step.feature].first_at for step in milestone.steps if step.feature in uses]
    return Progress(
        done=len(steps),
        total=len(milestone.steps),
        steps=steps,
        started_at=min(started, default=None),
        reached_at=max(steps.values()) if steps and len(steps) == len(milestone.steps) else None,
    )


def _done_at(step: Step, use: FeatureUse | None, start_of_day: Callable[[date], datetime]) -> datetime | None:
    """The first use; for a step of n uses, the day on which the n-th falls (not before the first use)."""
    if use is None or use.total < step.count:
        return None
    if step.count <= 1:
        return use.first_at
    sum_so_far = 0
    for day, count in sorted(use.days):
        sum_so_far += count
        if sum_so_far >= step.count:
            return max(start_of_day(day), use.first_at)
    return None
