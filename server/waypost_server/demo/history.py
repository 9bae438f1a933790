"""Six months of believable use, made from the cast: what the Acme backend would have reported.

Each customer follows its health: healthy ones keep going with week-to-week noise, decaying ones lose most
of their use five weeks ago, stalled ones never finish their first automation, new ones have just begun.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from waypost_server.demo.cast import Customer, Person

FIRST_STEPS = ("Automation Created", "Trigger Added", "Step Added", "Automation Launched")
HABITS = {
    "admin": ("Automation Run", "Report Viewed", "Automation Created", "Template Used", "Report Exported"),
    "ops_manager": ("Automation Run", "Automation Run", "Step Added", "Report Viewed", "Report Exported"),
    "analyst": ("Report Viewed", "Report Viewed", "Report Exported", "Report Exported", "Automation Run"),
    "viewer": ("Report Viewed",),
}
# How long ago a decaying customer's use fell. Decay is judged over four whole weeks, on a Sunday begun 34 days ago.
DECAY_DAYS = 35
DECAYED_TO = 0.12


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing a person did, as the SDK is told."""

    at: datetime
    customer: Customer
    person: Person
    event: str
    message_id: str


def happenings(customer: Customer, now: datetime) -> Iterator[Happening]:
    """Everything the customer's people did up to `now`, not in strict order of time."""
    dice = random.Random(customer.id)
    count = 0
    for day, person, event in _plan(customer, now, dice):
        at = datetime.combine(day, time(8), UTC) + timedelta(
            minutes=dice.randint(0, 600), seconds=dice.randint(0, 59)
        )
        if at < now:
            count += 1
            yield Happening(at, customer, person, event, f"history-{customer.id}-{count}")


def _plan(customer: Customer, now: datetime, dice: random.Random) -> Iterator[tuple[date, Person, str]]:
    today = now.date()
    yield from _onboarding(customer, today)
    for person in customer.people:
        joined = customer.started + timedelta(days=dice.randint(0, 12))
        for offset in range((today - joined).days):
            day = joined + timedelta(days=offset)
            if _is_active(customer, person, day, today, dice):
                for _ in range(dice.choice((1, 1, 2, 2, 3))):
                    yield day, person, _habit(customer, person, dice)


def _is_active(customer: Customer, person: Person, day: date, today: date, dice: random.Random) -> bool:
    if day.weekday() >= 5:
        return dice.random() < 0.02
    chance = person.keenness / 5 * (1 + 0.12 * math.sin(day.toordinal() / 9))
    if customer.health == "decaying" and (today - day).days < DECAY_DAYS:
        chance *= DECAYED_TO
    if customer.health == "stalled":
        chance *= 0.35
    if customer.health == "lead":
        chance *= 0.25
    return dice.random() < chance


def _habit(customer: Customer, person: Person, dice: random.Random) -> str:
    unfinished = customer.health in ("stalled", "new", "lead")
    event = dice.choice(HABITS[person.role])
    return "Report Viewed" if unfinished and event in (*FIRST_STEPS, "Automation Run") else event


def _onboarding(customer: Customer, today: date) -> Iterator[tuple[date, Person, str]]:
    """The first weeks: healthy and decaying customers finish, the others stop part of the way."""
    admin = customer.people[0]
    finished = customer.health in ("healthy", "decaying")
    steps = FIRST_STEPS if finished else FIRST_STEPS[: {"stalled": 2, "new": 1}.get(customer.health, 0)]
    rest = (
        "Teammate Invited",
        "Teammate Invited",
        "Teammate Invited",
        "Integration Connected",
        "Report Scheduled",
    )
    for index, event in enumerate(steps + (rest if finished else rest[:1])):
        day = customer.started + timedelta(days=1 + 2 * index)
        if day < today:
            yield day, admin, event
