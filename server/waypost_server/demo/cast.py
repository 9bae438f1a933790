"""The customers of Acme Automations: about 60 accounts and 600 people, the same at every run.

Only dates move: everything is laid out backwards from `today`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Health = Literal["healthy", "decaying", "stalled", "new", "lead"]


@dataclass(frozen=True, slots=True)
class Csm:
    """A customer success manager of Acme."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user of one account."""

    id: str
    name: str
    email: str
    role: str
    timezone: str
    locale: str
    keenness: float  # active days a week in a good week


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with its people."""

    id: str
    name: str
    plan: str
    mrr: int
    industry: str
    health: Health
    started: date
    renews: date
    csm: Csm
    people: tuple[Person, ...]

    @property
    def is_strategic(self) -> bool:
        """By the rule that the catalogue states."""
        return self.plan == "enterprise" or self.mrr >= 4000


TEAM = (
    Csm("dana", "Dana Whitfield", "dana@acme.example"),
    Csm("marco", "Marco Bellini", "marco@acme.example"),
    Csm("ines", "Inês Duarte", "ines@acme.example"),
)

STRATEGIC = (
    "Northwind Freight", "Halden Energy", "Orchard Clinics", "Brightline Rail", "Cobalt Labs", "Meridian Foods",
    "Kestrel Insurance", "Altona Ports", "Juniper Hospitals", "Solway Water", "Fenwick Steel", "Ardent Retail",
)  # fmt: skip
LONG_TAIL = (
    "Larkspur Foods", "Pinecrest Dental", "Harbor & Hale", "Quill Print", "Tidewater Tours", "Maple Street Bikes",
    "Copperfield Legal", "Lumen Studio", "Oakline Furniture", "Bluebell Nurseries", "Redwood Fitness", "Salt & Stone",
    "Foxglove Florists", "Granite Gyms", "Hearth Bakery", "Ivy Lane Schools", "Jetty Charters", "Kite & Co",
    "Lantern Books", "Moss Landscaping", "Nimbus Couriers", "Olive Grove Hotels", "Pebble Toys", "Quarry Cafes",
    "Riverside Vets", "Summit Outdoor", "Thistle Tailors", "Umber Paints", "Verdant Farms", "Willow Care",
    "Yarrow Pharmacies", "Zephyr Cycles", "Amber Optics", "Birch Accounting", "Cedar Property", "Dovetail Joinery",
    "Elm Street Media", "Fathom Diving", "Ginger Catering", "Hazel Interiors", "Indigo Dyeworks", "Jasper Jewellers",
    "Kelp Seafood", "Linden Logistics", "Marlow Motors", "Nettle Teas", "Otter Plumbing", "Poppy Events",
)  # fmt: skip
FIRST = (
    "Priya", "Jonas", "Amara", "Lucas", "Mei", "Tomás", "Freya", "Omar", "Hannah", "Kofi", "Elena", "Ravi", "Sofia",
    "Anders", "Leila", "Mateo", "Nora", "Hiro", "Ines", "Paul", "Zainab", "Emil", "Chloe", "Diego", "Greta", "Yusuf",
    "Clara", "Ben", "Aiko", "Victor", "Maya", "Stefan", "Ada", "Noah", "Salma", "Iris", "Felix", "Tara", "Owen", "Lea",
)  # fmt: skip
LAST = (
    "Nair", "Lindqvist", "Okafor", "Silva", "Chen", "Herrera", "Olsen", "Haddad", "Weber", "Mensah", "Petrova", "Iyer",
    "Rossi", "Berg", "Karimi", "Cruz", "Novak", "Tanaka", "Costa", "Martin", "Yilmaz", "Krause", "Dubois", "Moreno",
    "Fischer", "Demir", "Keller", "Walsh", "Sato", "Ivanov", "Shah", "Bauer", "Byrne", "Larsen", "Aziz", "Moreau",
)  # fmt: skip
INDUSTRIES = ("logistics", "health", "retail", "manufacturing", "services", "hospitality", "education")
ZONES = (
    "America/Los_Angeles", "America/New_York", "Europe/London", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo",
    "Australia/Sydney", "Pacific/Honolulu",
)  # fmt: skip


def customers(now: datetime) -> tuple[Customer, ...]:
    """Everybody, laid out backwards from `now`. The first long-tail account is the story's lead."""
    dice = random.Random(20261123)
    taken: set[str] = set()
    healths = _healths()
    return tuple(_customer(dice, index, name, healths[index], now, taken)
                 for index, name in enumerate(STRATEGIC + LONG_TAIL))  # fmt: skip


def lead(everybody: tuple[Customer, ...]) -> Customer:
    """The young long-tail account whose admin the story follows."""
    return next(customer for customer in everybody if customer.health == "lead")


def daytime_zone(now: datetime) -> str:
    """A zone where it is about noon now, so that mail to people there is not held for the night."""
    return min(ZONES, key=lambda zone: abs(now.astimezone(ZoneInfo(zone)).hour + 0.5 - 13))


def _healths() -> tuple[Health, ...]:
    strategic: tuple[Health, ...] = ("decaying", "healthy", "healthy", "stalled", "healthy", "healthy",
                                     "decaying", "healthy", "healthy", "new", "healthy", "healthy")  # fmt: skip
    others: dict[Health, int] = {"healthy": 29, "decaying": 6, "stalled": 6, "new": 6}
    shuffled = [health for health, count in others.items() for _ in range(count)]
    random.Random(4).shuffle(shuffled)
    return (*strategic, "lead", *shuffled)


def _customer(
    dice: random.Random, index: int, name: str, health: Health, now: datetime, taken: set[str]
) -> Customer:
    strategic = index < len(STRATEGIC)
    today = now.astimezone(UTC).date()
    age_days = {"new": dice.randint(8, 20), "lead": 9}.get(health, dice.randint(166, 182))
    started = today - timedelta(days=age_days)
    slug = name.lower().replace(" & ", "-").replace(" ", "-")
    plan = (
        ("enterprise" if index % 2 else "growth")
        if strategic
        else dice.choice(("starter", "starter", "growth"))
    )
    count = dice.randint(18, 26) if strategic else dice.randint(4, 10)
    zone = daytime_zone(now) if health in ("lead", "decaying") else dice.choice(ZONES)
    people = [_person(dice, slug, number, zone, taken) for number in range(count)]
    if health == "lead":
        people[0] = Person(
            f"priya@{slug}.example", "Priya Nair", f"priya@{slug}.example", "admin", zone, "en", 3.0
        )
    return Customer(
        id=slug,
        name=name,
        plan=plan,
        mrr=dice.randrange(4200, 18000, 100) if strategic else dice.randrange(120, 1400, 20),
        industry=dice.choice(INDUSTRIES),
        health=health,
        started=started,
        renews=today + timedelta(days=dice.randint(24, 340)),
        csm=TEAM[index % len(TEAM)],
        people=tuple(people),
    )


def _person(dice: random.Random, slug: str, number: int, zone: str, taken: set[str]) -> Person:
    role = (
        "admin" if number == 0 else ("ops_manager", "analyst", "viewer", "ops_manager", "analyst")[number % 5]
    )
    while True:  # nobody shares the lead's first name or anybody's address
        first, last = dice.choice(FIRST), dice.choice(LAST)
        local = _ascii(f"{first}.{last}".lower())
        if first != "Priya" and f"{local}@{slug}" not in taken:
            break
    taken.add(f"{local}@{slug}")
    email = f"{local}@{slug}.example"
    keenness = {"admin": 3.0, "ops_manager": 2.2, "analyst": 1.6, "viewer": 0.7}[role] * dice.uniform(
        0.6, 1.3
    )
    locale = "de" if zone == "Europe/Berlin" else "en"
    return Person(email, f"{first} {last}", email, role, zone, locale, keenness)


def _ascii(text: str) -> str:
    return text.translate(str.maketrans("áéêíóúç", "aeeiouc"))
