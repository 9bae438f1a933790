"""The state machine of a play run: what may happen next, decided without touching anything.

What a run has to know of the world it asks through a `Sight`, and only when it matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal, Protocol

from waypost_server.domain.definitions import PlayStep
from waypost_server.domain.flow_steps import (
    UNTIL_BEHAVIOUR,
    BranchStep,
    EndStep,
    UntilClock,
    UntilDate,
    UntilReached,
    UntilTrue,
    UntilUsed,
    WaitStep,
)
from waypost_server.domain.play_program import Instruction
from waypost_server.domain.surfaces import Condition
from waypost_server.domain.waiting import clock_comes, date_comes, length_ends

Outcome = Literal[
    "completed", "goal_reached", "exited", "ended_early", "motion_changed", "cancelled", "failed"
]  # fmt: skip
PERSON_FIRST = "strategic"
AUTOMATED = frozenset({"email", "nudge", "webhook", "chat", "workshop", "message"})
LOOK_AGAIN = timedelta(days=1)  # at a condition that time alone may make true


class Sight(Protocol):
    """What a run sees of its subject at this moment."""

    @property
    def zone(self) -> tzinfo:
        """Where the subject lives."""

    def goal_reached(self) -> bool:
        """Whether the play's goal is reached since the run began."""

    def holds(self, condition: Condition) -> bool:
        """Whether a condition holds."""

    def came(self, until: UntilUsed | UntilReached, since: datetime) -> bool:
        """Whether the subject did it: used the feature since then, reached the milestone."""

    def value(self, fact: str) -> Any:
        """A fact's value; None when it is missing."""


@dataclass(frozen=True, slots=True)
class Act:
    """Carry out the step at the run's position."""

    step: PlayStep


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing to do before `look_at`; the wait ends at `until` at the latest."""

    until: datetime
    look_at: datetime


@dataclass(frozen=True, slots=True)
class Go:
    """Move on to another step. `note` is a line for the story, when there is something to say."""

    to: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The run is over. `reason` is the author's, for an `end` step."""

    outcome: Outcome
    reason: str = ""


Move = Act | Pause | Go | End


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run stands. `waiting` is when the wait it has arrived at began and ends, None otherwise."""

    step: int
    motion: str
    waiting: tuple[datetime, datetime] | None = None


def automation_allowed(motion: str | None) -> bool:
    """May software speak to this account by itself? When unsure (no motion known), no."""
    return motion is not None and motion != PERSON_FIRST


def next_move(
    steps: Sequence[Instruction],
    position: Position,
    *,
    account_motion: str | None,
    exit_when: Condition | None,
    sight: Sight,
    now: datetime,
) -> Move:
    """The one legal move of a run now. Goal first, then the exit, then motion, then the step itself."""
    if sight.goal_reached():
        return End("goal_reached")
    if exit_when is not None and sight.holds(exit_when):
        return End("exited")
    if automation_allowed(position.motion) and not automation_allowed(account_motion):
        return End("motion_changed")
    if position.step >= len(steps):
        return End("completed")
    found = steps[position.step]
    step = found.step
    if isinstance(step, EndStep):
        return End("ended_early", step.reason)
    if isinstance(step, BranchStep):
        yes = sight.holds(step.when)
        said = "The condition holds." if yes else "The condition does not hold."
        return Go(found.following if yes else found.otherwise, said)
    return _wait(found, step, position, sight, now) if isinstance(step, WaitStep) else Act(step)


def _wait(found: Instruction, step: WaitStep, position: Position, sight: Sight, now: datetime) -> Move:
    since = position.waiting[0] if position.waiting else now
    ends = position.waiting[1] if position.waiting else _ends(step, since, sight)
    if ends is None:
        return Go(found.following, "Not waited: the fact holds no date.")
    if not isinstance(step.until, UNTIL_BEHAVIOUR):
        return Go(found.otherwise) if now >= ends else Pause(ends, ends)
    if _came(step.until, since, sight):
        return Go(found.following, "It happened; the wait is over.")
    if now >= ends:
        return Go(found.otherwise, "It did not happen in time.")
    looks_daily = isinstance(step.until, UntilTrue)
    return Pause(ends, min(ends, now + LOOK_AGAIN) if looks_daily else ends)


def _ends(step: WaitStep, since: datetime, sight: Sight) -> datetime | None:
    if isinstance(step.until, UntilClock):
        return clock_comes(step.until, since, sight.zone)
    if isinstance(step.until, UntilDate):
        return date_comes(step.until, sight.value(step.until.fact), since, sight.zone)
    return length_ends(step, since, sight.zone)


def _came(until: UntilUsed | UntilReached | UntilTrue, since: datetime, sight: Sight) -> bool:
    return sight.holds(until.condition) if isinstance(until, UntilTrue) else sight.came(until, since)
