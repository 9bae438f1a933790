"""Workshops: what one is, and what may become of an invitation to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .nudge import Goal

State = Literal["draft", "invited", "accepted", "declined", "attended", "missed", "withdrawn"]
TOLD: tuple[State, ...] = ("invited", "accepted", "declined", "attended", "missed")  # they know of it
AS_EVENTS: tuple[State, ...] = (
    "invited",
    "accepted",
    "declined",
    "attended",
)  # of the person, as `workshop_<state>`
HAS_PLACE: frozenset[State] = frozenset({"accepted", "attended"})
FOLLOW_UP_DAYS = 14  # when the goal names no length
NOTICE = timedelta(hours=12)  # a slot that begins sooner invites nobody
DOORS = timedelta(hours=1)  # before its start the host may begin to mark who is there


@dataclass(frozen=True, slots=True)
class WorkshopWords:
    """One language."""

    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """Who holds it; answers go to their address. Both "" = nobody is named."""

    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Workshop:
    """A meeting that teaches a behaviour (`goal`). When it takes place is said by slots, which are data.

    `place` is words or a link; `capacity` None = no limit.
    """

    key: str
    title: str
    minutes: int
    content: Mapping[str, WorkshopWords]
    goal: Goal | None = None
    host: Host = Host()
    place: str = ""
    capacity: int | None = None
    source: str = ""

    @property
    def follow_up(self) -> timedelta:
        """How long after a slot's end it is looked who does what was taught."""
        days = self.goal.within_days if self.goal and self.goal.within_days else FOLLOW_UP_DAYS
        return timedelta(days=days)


def may_answer(state: str, *, slot_open: bool, starts_at: datetime, now: datetime) -> bool:
    """Whether somebody may still say yes or no."""
    return slot_open and now < starts_at and state in ("invited", "accepted", "declined")


def place_change(before: str, after: str) -> int:
    """How many places are taken (1), given back (-1) or neither (0) when an invitation's state changes."""
    return int(after in HAS_PLACE) - int(before in HAS_PLACE)
