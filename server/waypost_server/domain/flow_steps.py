"""Steps that steer a play instead of saying something: wait, branch, set a trait, end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .surfaces import Condition

if TYPE_CHECKING:
    from .definitions import PlayStep

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MORNING = "09:00"


@dataclass(frozen=True, slots=True)
class UntilClock:
    """The next time it is `at` (on that weekday, if one is named) where the subject lives."""

    at: str = MORNING
    weekday: str | None = None


@dataclass(frozen=True, slots=True)
class UntilDate:
    """The day or time that a fact names, `days_before` earlier. A day alone means `at` where the subject lives."""

    fact: str
    days_before: float = 0
    at: str = MORNING


@dataclass(frozen=True, slots=True)
class UntilUsed:
    """The subject uses a feature, counted from the moment the wait began."""

    feature: str


@dataclass(frozen=True, slots=True)
class UntilReached:
    """The subject has reached a milestone."""

    milestone: str


@dataclass(frozen=True, slots=True)
class UntilTrue:
    """A condition about the subject holds. Looked at when something happens, and once a day."""

    condition: Condition


Until = UntilClock | UntilDate | UntilUsed | UntilReached | UntilTrue
UNTIL_BEHAVIOUR = (UntilUsed, UntilReached, UntilTrue)  # may never come, so these need a length


@dataclass(frozen=True, slots=True)
class WaitStep:
    """Wait for a length of time (one of days, hours, business days), until a time, or until something happens.

    A length beside an `until` that may never come is the most it waits; then `timeout` follows before the
    rest. `or_goal` says in words what holds for every step: a goal reached ends the run.
    """

    days: float | None = None
    or_goal: bool = False
    hours: float | None = None
    business_days: int | None = None
    until: Until | None = None
    timeout: tuple[PlayStep, ...] = ()
    kind: Literal["wait"] = "wait"

    @property
    def longest_days(self) -> float:
        """How many days it may take at most, as far as the definition says; business days with their weekends."""
        return (self.days or 0) + (self.hours or 0) / 24 + (self.business_days or 0) * 7 / 5


@dataclass(frozen=True, slots=True)
class BranchStep:
    """One way for subjects of whom `when` holds at that moment, another for the rest; then the play goes on."""

    when: Condition
    then: tuple[PlayStep, ...]
    otherwise: tuple[PlayStep, ...] = ()
    kind: Literal["branch"] = "branch"


@dataclass(frozen=True, slots=True)
class SetTraitStep:
    """Set a trait of the account, or of the user the run is about, as an event of the product would."""

    trait: str
    value: str | float | bool | None
    of: Literal["account", "user"] = "account"
    kind: Literal["set_trait"] = "set_trait"


@dataclass(frozen=True, slots=True)
class EndStep:
    """End the run here, for a reason in words."""

    reason: str
    kind: Literal["end"] = "end"
