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

from tests.builders import WORKSPACE, add_key, add_workspace
from waypost_server.services.publish import publish
from waypost_server.services.runtime import Runtime
from waypost_server.store import tables as t

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
    now = runtime.clock()
    with runtime.db.write() as session:
        for table, rows in everything(workspace_id, people, now).items():
            session.execute(t.db.metadata.tables[table].insert(), rows)
    return people


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
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in t.db.metadata.tables}
    dice = random.Random(7)
    names = iter(NAMES * 3)
    for customer in CUSTOMERS:
        _customer(rows, customer, people, now, dice, names)
    _story(rows, people, now)
    for table, found in rows.items():
        columns = t.db.metadata.tables[table].c
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


def _story(rows: dict[str, Any], people: dict[str, str], now: datetime) -> None:
    decay = {
        "p": 0.971,
        "before_per_week": 14.2,
        "now_per_week": 5.1,
        "baseline_weeks": 26,
        "recent_weeks": 4,
        "unit": "user-days a week",
        "peers": 140,
        "peer_percent": 98,
        "series": [*(14, 15, 14, 13, 15, 14, 16, 13, 14, 15, 14, 13, 15, 14, 15, 14, 13, 14, 15, 14, 14, 13, 15),
                   14, 14, 13, 9, 6, 3, 2],
        "first_week": "2026-04-27",
        "roles": [
            {"role": "admin", "before_per_week": 6.1, "now_per_week": 1.2},
            {"role": "ops_manager", "before_per_week": 4.4, "now_per_week": 2.6},
            {"role": "analyst", "before_per_week": 3.7, "now_per_week": 1.3},
        ],
        "words": "14.2 → 5.1 active user-days a week over the last 4 weeks; 97 % sure that use has at least halved. "
        "The other 140 accounts are at 98 % of their normal.",
    }  # fmt: skip
    late = {
        "milestone": "first_automation",
        "title": "First automation live",
        "days_overdue": 27,
        "done": 2,
        "total": 4,
        "missing": ["step", "launch"],
        "words": "First automation live: 27 days overdue, 2 of 4 steps done. Next: Add a step.",
    }
    reached = {
        "milestone": "first_automation",
        "title": "First automation live",
        "words": "Reached: First automation live.",
    }
    _signal(rows, "s1", "northwind", "usage_decay", 0.88, decay, now - timedelta(days=4))
    _signal(rows, "s2", "halden", "milestone_overdue", 0.94, late, now - timedelta(days=2))
    _signal(rows, "s3", "brightline", "usage_decay", 0.7, {**decay, "p": 0.94}, now - timedelta(days=1))
    _signal(rows, "s4", "tidewater", "usage_decay", 0.72, {**decay, "p": 0.93}, now - timedelta(days=6))
    _signal(rows, "s5", "orchard", "milestone_reached", 0.3, reached, now - timedelta(days=1))
    _signal(
        rows, "s6", "vellum", "milestone_overdue", 0.5, late, now - timedelta(days=2),
        handling="none", reason="Already 33 days overdue when first noticed; plays start within 30 days.",
    )  # fmt: skip
    _tasks(rows, people, now, decay, late)
    _runs(rows, now)
    _deliveries(rows, now)
    _offers(rows, now)
    rows["ingest_day"] += [
        {"day": now.date(), "shard": shard, "accepted": 6_120 + shard * 31, "duplicate": 4, "quarantined": 1}
        for shard in range(3)
    ]
    rows["quarantine"] += [
        {
            "received_at": now - timedelta(hours=n + 1),
            "message_id": f"q-{n}",
            "code": "id_missing" if n % 2 else "event_too_large",
            "message": "Neither userId nor anonymousId is set."
            if n % 2
            else "The event is 41 KB; the limit is 32.",
            "body_head": '{"type":"track","event":"Report Exported","properties":{"rows":'
            + "9" * (n * 40)
            + "}}",
        }
        for n in range(5)
    ]


def _signal(
    rows: dict[str, Any],
    key: str,
    account: str,
    kind: str,
    severity: float,
    evidence: dict[str, Any],
    at: datetime,
    handling: str = "run",
    reason: str = "",
) -> None:
    rows["signal"].append(
        {
            "id": key,
            "account_id": account,
            "kind": kind,
            "dedupe_key": f"{kind}:{account}",
            "state": "open",
            "severity": severity,
            "evidence": evidence,
            "since": at - timedelta(days=24),
            "opened_at": at,
            "handling": handling,
            "handling_reason": reason,
        }
    )


def _tasks(
    rows: dict[str, Any], people: dict[str, str], now: datetime, decay: dict[str, Any], late: dict[str, Any]
) -> None:
    draft = (
        "Hello Ada,\n\nI noticed the weekly export went quiet after the 26th. Did something change on your side, or "
        "is it on ours? Happy to look at it with whoever runs it now.\n\nSam"
    )
    plan = (
        ("t1", "northwind", "s1", "Usage fell by half: find out why", decay, 0.88, 186_000, -26, "open"),
        ("t2", "halden", "s2", "Help them launch the first automation", late, 0.94, 142_000, 6, "open"),
        ("t3", "brightline", "s3", "Usage fell by half: find out why", {**decay, "p": 0.94}, 0.7, 211_000, 50, "open"),
        ("t4", "orchard", "s5", "Celebrate, then plan the second automation",
         {"kind": "milestone_reached", "title": "First automation live", "words": "Reached: First automation live."},
         0.3, 98_000, 74, "acknowledged"),
        ("t5", "cobalt", "", "Ask about the reporting habit", {"words": "No conversation for 38 days."},
         0.4, 75_000, 98, "snoozed"),
        ("t6", "northwind", "", "Quarterly review", {"words": "Prepared with the team."}, 0.5, 186_000, -200, "done"),
    )  # fmt: skip
    for key, account, signal, title, evidence, severity, value, hours, state in plan:
        ended = now - timedelta(hours=150) if state == "done" else None
        rows["task"].append(
            {
                "id": key,
                "account_id": account,
                "run_id": "r1" if key == "t1" else "",
                "play": "usage-drop" if key == "t1" else "",
                "signal_id": signal,
                "dedupe_key": key,
                "title": title,
                "draft": draft,
                "evidence": evidence,
                "severity": severity,
                "value": value,
                "owner": people["csm"] if key != "t5" else None,
                "mute_digital": key == "t1",
                "state": state,
                "outcome": "A meeting is booked" if ended else None,
                "due_at": now + timedelta(hours=hours),
                "snoozed_until": now + timedelta(days=3) if state == "snoozed" else None,
                "created_at": now - timedelta(days=4 if not ended else 12),
                "ended_at": ended,
            }
        )
        note = {"task_id": key, "actor": "play:usage-drop", "kind": "created", "note": ""}
        rows["task_event"].append({**note, "id": f"{key}-1", "at": now - timedelta(days=4)})


def _runs(rows: dict[str, Any], now: datetime) -> None:
    for key, account, play, motion, state, outcome, step, days in (
        ("r1", "northwind", "usage-drop", "strategic", "waiting", None, 0, 4),
        ("r2", "tidewater", "usage-drop", "long_tail", "waiting", None, 1, 6),
        ("r3", "fern", "usage-drop", "long_tail", "ended", "goal_reached", 3, 60),
        ("r4", "quarry", "automation-celebrate", "long_tail", "ended", "completed", 2, 12),
    ):
        rows["play_run"].append(
            {
                "id": key,
                "account_id": account,
                "play": play,
                "release": 1,
                "motion": motion,
                "signal_id": {"northwind": "s1", "tidewater": "s4"}.get(account, ""),
                "occurrence": key,
                "state": state,
                "outcome": outcome,
                "step": step,
                "due_at": now + timedelta(hours=31) if state != "ended" else None,
                "started_at": now - timedelta(days=days),
                "ended_at": now - timedelta(days=days - 9) if state == "ended" else None,
            }
        )
    story = (
        ("r1", 1, "task", "done", "Gave Sam Whitaker the task “Usage fell by half: find out why”."),
        ("r2", 1, "email", "done", "Sent “Three ways back to your automations” to 2 administrators."),
        ("r2", 2, "wait", "held", "Waits 3 days, or until the goal is reached."),
    )  # fmt: skip
    rows["step_run"] += [
        {"run_id": run, "seq": seq, "kind": kind, "outcome": outcome, "note": note, "detail": {},
         "at": now - timedelta(days=6 - seq)}
        for run, seq, kind, outcome, note in story
    ]  # fmt: skip
    rows["nudge_grant"].append(
        {"account_id": "tidewater", "nudge": "restart-automation", "run_id": "r2", "roles": ["admin"],
         "until": now + timedelta(days=9)}
    )  # fmt: skip


def _deliveries(rows: dict[str, Any], now: datetime) -> None:
    html = (
        "<!doctype html><html lang='en'><head><title>Mail</title><style>body{font:15px/1.5 sans-serif;margin:32px;"
        "color:#222;background:#fff}</style></head><body><h1>Three ways back to your automations</h1><p>Hello Bruno, "
        "your team ran fewer automations lately.</p></body></html>"
    )
    states = ("sent", "sent", "sent", "failed", "unknown", "pending", "suppressed")
    for n, state in enumerate(states * 2):
        at = now - timedelta(hours=3 + n * 9)
        rows["delivery"].append(
            {
                "id": f"d{n:02}",
                "account_id": "tidewater" if n % 2 else "fern",
                "user_id": "tidewater-0" if n % 2 else "fern-0",
                "run_id": "r2" if n == 1 else "",
                "play": "usage-drop",
                "release": 1,
                "channel": "email",
                "template": "usage-drop-tips",
                "recipient": "bruno@tidewater.example" if n % 2 else "ada@fern.example",
                "subject": "Three ways back to your automations" if n % 3 else "Your first automation is live",
                "body": "Hello Bruno,\n\nyour team ran fewer automations lately. Three ways back:\n\n1. Restart one.\n",
                "body_html": html,
                "dedupe_key": f"d{n}",
                "state": state,
                "reason": {"failed": "550 5.1.1 no such mailbox", "unknown": "The connection ended after the message "
                           "was handed over.", "suppressed": "Unsubscribed."}.get(state, ""),
                "attempts": 0 if state in ("pending", "suppressed") else 1,
                "not_before": at,
                "expires_at": at + timedelta(days=3),
                "created_at": at,
                "ended_at": None if state == "pending" else at + timedelta(minutes=2),
            }
        )  # fmt: skip
        if state in ("sent", "failed", "unknown"):
            rows["attempt"].append(
                {
                    "delivery_id": f"d{n:02}",
                    "n": 1,
                    "at": at,
                    "outcome": state,
                    "detail": "mx1.tidewater.example",
                }
            )


def _offers(rows: dict[str, Any], now: datetime) -> None:
    dice = random.Random(3)
    nudges = ("automation-halfway", "report-schedule", "invite-team", "restart-automation")
    accounts = [customer for customer in CUSTOMERS if customer.motion == "long_tail"]
    for n in range(140):
        nudge, account = nudges[min(int(dice.random() ** 2 * 4), 3)], dice.choice(accounts)
        user = f"{account.id}-{dice.randrange(account.people)}"
        at = now - timedelta(days=dice.random() ** 1.3 * 27, minutes=5)
        did = dice.choices(("clicked", "completed", "dismissed", None), (30, 14, 26, 30))[0]
        rows["offer"].append(
            {
                "id": f"o{n}",
                "account_id": account.id,
                "user_id": user,
                "nudge": nudge,
                "release": 1,
                "kind": "interrupting",
                "state": "closed" if did else "shown",
                "claim_id": f"c{n}",
                "claimed_at": at,
                "shown_at": at,
                "closed_at": at + timedelta(seconds=20) if did else None,
                "reaction": did,
            }
        )
        for place, reaction in enumerate(("shown", did) if did else ("shown",)):
            rows["interaction"].append(
                {
                    "id": f"i{n}-{place}",
                    "offer_id": f"o{n}",
                    "account_id": account.id,
                    "user_id": user,
                    "nudge": nudge,
                    "reaction": reaction,
                    "at": at + timedelta(seconds=place * 20),
                    "detail": {},
                }
            )
    rows["touch"].append(
        {"id": "contact:1", "account_id": "northwind", "user_id": "", "channel": "call", "kind": "passive",
         "at": now - timedelta(days=21)}
    )  # fmt: skip


def _at(day: date) -> datetime:
    return datetime.combine(day, time(9, 30), UTC)
