"""The state machine of a play run: what may happen next, decided without touching anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from waypost_server.domain.definitions import PlayStep, WaitStep

Outcome = Literal["completed", "goal_reached", "exited", "motion_changed", "cancelled", "failed"]
PERSON_FIRST = "strategic"
AUTOMATED = frozenset({"email", "nudge", "webhook"})


@dataclass(frozen=True, slots=True)
class Act:
    """Carry out the step at the run's position."""

    step: PlayStep


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing to do before `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Pass:
    """The wait at the run's position is over; move to the next step."""


@dataclass(frozen=True, slots=True)
class End:
    """The run is over."""

    outcome: Outcome


Move = Act | Pause | Pass | End


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run stands. `waiting_until` is the end of a wait it has arrived at, None otherwise."""

    step: int
    motion: str
    waiting_until: datetime | None = None


def automation_allowed(motion: str | None) -> bool:
    """May software speak to this account by itself? When unsure (no motion known), no."""
    return motion is not None and motion != PERSON_FIRST


def next_move(
    steps: Sequence[PlayStep],
    position: Position,
    *,
    account_motion: str | None,
    goal_reached: bool,
    now: datetime,
) -> Move:
    """The one legal move of a run now. Goal first, then motion, then the step itself."""
    if goal_reached:
        return End("goal_reached")
    if automation_allowed(position.motion) and not automation_allowed(account_motion):
        return End("motion_changed")
    if position.step >= len(steps):
        return End("completed")
    step = steps[position.step]
    if not isinstance(step, WaitStep):
        return Act(step)
    until = position.waiting_until or now + timedelta(days=step.days)
    return Pass() if now >= until else Pause(until)
