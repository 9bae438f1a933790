"""Believable data for the console, put straight into the tables: ten accounts, forty people, thirty weeks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import WORKSPACE, add_key, add_workspace
from tests.console.seed_story import tell
from waypost_server.services import adoption
from waypost_server.services.draft import stamp_of
from waypost_server.services.edit_draft import save_file
from waypost_server.services.publish import publish
from waypost_server.services.runtime import Runtime
from waypost_server.store import tables as t
from waypost_server.store.database import Base

NUDGES = Path(__file__).parents[2] / "nudges"
PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Customer:
    """One invented customer."""

    id: str
    name: str
    plan: str
    value: float
    shape: str  # steady | falling | growing | stalled | new | quiet
    people: int
    owner: bool = False

    @property
    def motion(self) -> str:
        return "strategic" if self.value >= 48_000 else "long_tail"

    @property
    def segment(self) -> str:
        return {"enterprise": "enterprise", "growth": "mid_market"}.get(self.plan, "small")


CUSTOMERS = (
    Customer("northwind", "Northwind Freight", "enterprise", 186_000, "falling", 7, owner=True),
    Customer("halden", "Halden Energy", "enterprise", 142_000, "stalled", 5, owner=True),
    Customer("orchard", "Orchard Clinics", "growth", 98_000, "growing", 5, owner=True),
    Customer("brightline", "Brightline Rail", "enterprise", 211_000, "falling", 6, owner=True),
    Customer("cobalt", "Cobalt Labs", "growth", 75_000, "steady", 4),
    Customer("fern", "Fern & Co", "growth", 9_600, "steady", 4),
    Customer("tidewater", "Tidewater Supply", "starter", 4_800, "falling", 3),
    Customer("larkspur", "Larkspur Bakery", "starter", 1_200, "new", 2),
    Customer("quarry", "Quarry Street Studio", "starter", 2_400, "growing", 3),
    Customer("vellum", "Vellum Press", "starter", 3_600, "quiet", 3),
)
NAMES = (
    "Ada Lindqvist", "Bruno Okafor", "Carla Reyes", "Dmitri Falk", "Elin Sørensen", "Farid Nasser", "Grace Whitmore",
    "Hana Kubo", "Ivo Marek", "Jonas Weiß", "Kavya Raman", "Lena Hoffmann", "Mateo Silva", "Nora Byrne", "Owen Clarke",
    "Priya Shah", "Quentin Moreau", "Rosa Álvarez", "Samir Haddad", "Tove Nyström", "Uma Castellano", "Viktor Dahl",
)  # fmt: skip
ROLES = ("admin", "ops_manager", "analyst", "viewer")
FEATURES = ("automation_run", "report_view", "report_export", "automation_create", "automation_launch")


def seed(runtime: Runtime, workspace_id: str = WORKSPACE, name: str = "Acme") -> dict[str, str]:
    """Fill a workspace; the ids of the console users by role (all with PASSWORD)."""
    add_workspace(runtime.db, workspace_id, name=name)
    people = add_people(runtime, workspace_id)
    for kind in ("public", "secret"):
        add_key(
            runtime.db, kind, workspace_id, name=f"{'Browser' if kind == 'public' else 'Backend'}, production"
        )
    publish_nudges(runtime, workspace_id)
    edit_drafts(runtime, workspace_id)
    now = runtime.clock()
    with runtime.db.write() as session:
        for table, rows in everything(workspace_id, people, now).items():
            session.execute(Base.metadata.tables[table].insert(), rows)
        score_adoption(session, runtime, workspace_id)
    return people


def edit_drafts(runtime: Runtime, workspace_id: str) -> None:
    """Marta's own draft, and one called spring whose policy was published with another text meanwhile."""
    for draft, file in (("marta@acme.example", "in-app/automation-halfway.yaml"), ("spring", "policy.yaml")):
        live = files()[file]
        save_file(
            runtime,
            workspace_id,
            draft,
            file,
            f"# reworded\n{live}",
            seen=stamp_of(live),
            author="marta@acme.example",
        )
    with runtime.db.write() as session:
        edit = session.get_one(t.DraftFile, (workspace_id, "spring", "policy.yaml"))
        edit.base_text, edit.base = "caps: []\n", 0


def score_adoption(session: Session, runtime: Runtime, workspace_id: str) -> None:
    """This week's scores and those of half a year, as the worker writes them."""
    live = runtime.releases.live(session, workspace_id)
    assert live is not None
    accounts = session.scalars(select(t.Account).where(t.Account.workspace_id == workspace_id)).all()
    meant, pairs = live.definitions.adoption, [(each, each.segment) for each in accounts]
    scored = adoption.score(session, meant, workspace_id, pairs, today=runtime.clock().date())
    adoption.keep(session, runtime, meant, workspace_id, scored)


@cache
def password_hash() -> str:
    """PASSWORD, hashed once and cheaply: the cost is in the hash, so checking it is cheap as well."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def add_people(runtime: Runtime, workspace_id: str) -> dict[str, str]:
    """One console user per role."""
    names = {"admin": "Marta Jansen", "csm": "Sam Whitaker", "viewer": "Vera Lund", "author": "Arif Demir"}
    people = {role: f"{workspace_id}-{role}" for role in names}
    with runtime.db.write() as session:
        for role, name in names.items():
            session.add(
                t.ConsoleUser(
                    workspace_id=workspace_id,
                    id=people[role],
                    email=f"{name.split()[0].lower()}@acme.example",
                    name=name,
                    role=role,
                    password_hash=password_hash(),
                    created_at=runtime.clock(),
                )
            )
    return people


@cache
def files() -> dict[str, str]:
    """The definition files of this repository."""
    paths = sorted(p for p in NUDGES.rglob("*") if p.suffix in (".yaml", ".md") and p.name != "README.md")
    return {path.relative_to(NUDGES).as_posix(): path.read_text() for path in paths}


def publish_nudges(runtime: Runtime, workspace_id: str) -> int:
    """The nudges of this repository."""
    return publish(runtime, workspace_id, files(), author="marta@acme.example", message="Sharper halfway tip")


def everything(workspace_id: str, people: dict[str, str], now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Rows by table."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in Base.metadata.tables}
    dice = random.Random(7)
    names = iter(NAMES * 3)
    for customer in CUSTOMERS:
        _customer(rows, customer, people, now, dice, names)
    tell(rows, people, now)
    for table, found in rows.items():
        columns = Base.metadata.tables[table].c
        for row in found:
            if "workspace_id" in columns:
                row["workspace_id"] = workspace_id
    return {table: found for table, found in rows.items() if found}


def _customer(
    rows: dict[str, Any],
    customer: Customer,
    people: dict[str, str],
    now: datetime,
    dice: random.Random,
    names: Iterator[str],
) -> None:
    today = now.date()
    age = {"new": 9, "stalled": 41}.get(customer.shape, 230)
    first, last = today - timedelta(days=age), today
    members = [(f"{customer.id}-{n}", next(names), ROLES[n % 4]) for n in range(customer.people)]
    usage: dict[tuple[str, str, date], int] = {}
    for place, (user, _name, _role) in enumerate(members):
        for offset in range(age):
            day = today - timedelta(days=offset)
            if dice.random() < _chance(customer.shape, offset, place, day.weekday()):
                feature = dice.choice(FEATURES[:3] if customer.shape == "stalled" else FEATURES)
                usage[(user, feature, day)] = dice.choice((1, 1, 2, 3, 5))
    if customer.shape == "quiet":
        last = today - timedelta(days=63)
        usage = {key: count for key, count in usage.items() if key[2] <= last}
    rows["account"].append(
        {
            "id": customer.id,
            "name": customer.name,
            "traits": {
                "plan": customer.plan,
                "mrr": round(customer.value / 12),
                "seats": customer.people * 12,
            },
            "traits_at": {},
            "segment": customer.segment,
            "motion": customer.motion,
            "owner": people["csm"] if customer.owner else None,
            "renewal_on": today + timedelta(days=100) if customer.motion == "strategic" else None,
            "first_day": first,
            "last_day": last,
        }
    )
    for user, name, role in members:
        rows["end_user"].append(
            {
                "id": user,
                "name": name,
                "email": f"{name.split()[0].lower()}@{customer.id}.example",
                "locale": "de-DE" if "ß" in name else "en-GB",
                "timezone": "Europe/Berlin",
                "traits": {"department": "Operations"},
                "traits_at": {},
                "trust": "verified",
                "first_day": first,
                "last_day": last,
            }
        )
        rows["membership"].append(
            {"account_id": customer.id, "user_id": user, "role": role, "first_day": first, "last_day": last}
        )
    _usage(rows, customer.id, usage)
    _milestones(rows, customer, members[0][0], now, age)


def _chance(shape: str, offset: int, place: int, weekday: int) -> float:
    base = 0.03 if weekday >= 5 else 0.62 - 0.08 * place
    if shape == "falling" and offset < 28:
        return base * (0.3 if place < 2 else 0.15)
    if shape == "growing":
        return base * (0.55 + 0.45 * (1 - offset / 230))
    return base * {"stalled": 0.3, "new": 0.8}.get(shape, 0.9)


def _usage(rows: dict[str, Any], account: str, usage: dict[tuple[str, str, date], int]) -> None:
    totals: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for (user, feature, day), count in usage.items():
        totals.setdefault((user, feature), []).append((day, count))
        key = {"account_id": account, "user_id": user, "feature": feature}
        rows["usage_day"].append({**key, "day": day, "count": count})
    for (user, feature), days in totals.items():
        rows["usage_total"].append(
            {
                "account_id": account,
                "user_id": user,
                "feature": feature,
                "first_at": _at(min(days)[0]),
                "last_at": _at(max(days)[0]),
                "total": sum(count for _, count in days),
            }
        )


def _milestones(rows: dict[str, Any], customer: Customer, user: str, now: datetime, age: int) -> None:
    begun = now - timedelta(days=age)
    done = customer.shape not in ("stalled", "new")
    steps = ("create", "trigger", "step", "launch") if done else ("create", "trigger")
    entry = {
        "account_id": customer.id,
        "user_id": "",
        "milestone": "first_automation",
        "done": len(steps),
        "total": 4,
        "steps": {step: (begun + timedelta(days=n * 2)).isoformat() for n, step in enumerate(steps)},
        "started_at": begun,
        "reached_at": begun + timedelta(days=11) if done else None,
    }
    rows["milestone_state"].append(entry)
    rows["milestone_state"].append(
        {
            **entry,
            "user_id": user,
            "milestone": "first_report",
            "done": 1,
            "total": 2,
            "steps": {"view": begun.isoformat()},
            "reached_at": None,
        }
    )


def _at(day: date) -> datetime:
    return datetime.combine(day, time(9, 30), UTC)
