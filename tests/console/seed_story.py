"""What happened at the seeded accounts: signals, tasks, runs, deliveries, nudges shown."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

LONG_TAIL = ("fern", "tidewater", "larkspur", "quarry", "vellum")


def tell(rows: dict[str, Any], people: dict[str, str], now: datetime) -> None:
    """Signals, tasks, runs, messages and nudges shown, told about the seeded accounts."""
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
    _signal(
        rows,
        "s4",
        "tidewater",
        "usage_decay",
        0.72,
        {**decay, "p": 0.93},
        now - timedelta(days=6),
        reason="Usage drop",
    )
    _signal(rows, "s5", "orchard", "milestone_reached", 0.3, reached, now - timedelta(days=1))
    _signal(
        rows, "s6", "vellum", "milestone_overdue", 0.5, late, now - timedelta(days=2),
        handling="none", reason="Already 33 days overdue when first noticed; plays start within 30 days.",
    )  # fmt: skip
    _tasks(rows, people, now, decay, late)
    _runs(rows, now)
    _deliveries(rows, now)
    _workshops(rows, now)
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
        if signal:
            rows["task_signal"].append({"task_id": key, "signal_id": signal, "at": now - timedelta(days=4)})
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
    rows["message_draft"].append(
        {
            "task_id": "t4",
            "account_id": "orchard",
            "user_id": "orchard-0",
            "run_id": "",
            "step": 0,
            "release": 1,
            "template": "automation-live",
            "kind": "passive",
            "recipient": "ada@orchard.example",
            "subject": "Your first automation is live",
            "body": "Hello Ada,\n\nyour first automation **runs**. Next comes a schedule:\n\n- pick a day\n"
            "- pick a report\n\n"
            "[Open it](https://acme.example/runs)",
            "state": "waiting",
        }
    )


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
    held = {
        "Usage drop: the account is not in its audience.": 212,
        "The play ran for it as often as it may.": 31,
    }
    bulk = {"play": "usage-drop", "release": 1, "condition": {"account.plan": "growth"}, "total": 4_800, "held": held,
            "actor": "acme-prod-author"}  # fmt: skip
    rows["bulk_start"] += [
        {**bulk, "id": "b1", "state": "running", "looked_at": 2_000, "matched": 655, "started": 412,
         "created_at": now - timedelta(minutes=1), "ended_at": None},
        {**bulk, "id": "b2", "state": "done", "looked_at": 4_800, "matched": 1_541, "started": 1_298,
         "created_at": now - timedelta(days=9), "ended_at": now - timedelta(days=9) + timedelta(minutes=3)},
    ]  # fmt: skip
    rows["nudge_grant"].append(
        {"account_id": "tidewater", "nudge": "restart-automation", "run_id": "r2", "roles": ["admin"],
         "until": now + timedelta(days=9)}
    )  # fmt: skip


def _workshops(rows: dict[str, Any], now: datetime) -> None:
    for key, days, taken, checked in (("w1", -20, 3, True), ("w2", -0.02, 2, False), ("w3", 9, 1, False)):
        starts = (now + timedelta(days=days)).replace(second=0, microsecond=0)
        rows["workshop_slot"].append(
            {"id": key, "workshop": "automation-basics", "starts_at": starts,
             "ends_at": starts + timedelta(minutes=45), "timezone": "Europe/Berlin",
             "place": "https://meet.acme.example/automation-basics", "capacity": 20, "taken": taken,
             "state": "open", "created_at": now - timedelta(days=40), "follow_up_at": starts + timedelta(days=14),
             "followed_up_at": now if checked else None}
        )  # fmt: skip
        states = ("attended", "attended", "missed", "invited", "declined") if checked else (
            "accepted", "invited", "declined")  # fmt: skip
        for n, state in enumerate(states):
            account = LONG_TAIL[n]
            rows["workshop_invitation"].append(
                {"id": f"{key}-{n}", "slot_id": key, "workshop": "automation-basics", "account_id": account,
                 "user_id": f"{account}-0", "email": f"{account}@customer.example", "release": 1, "state": state,
                 "invited_at": starts - timedelta(days=9), "did": n == 0 if checked else None,
                 "checked_at": now if checked else None}
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
    for n in range(140):
        nudge, account = nudges[min(int(dice.random() ** 2 * 4), 3)], dice.choice(LONG_TAIL)
        user = f"{account}-{dice.randrange(2)}"
        at = now - timedelta(days=dice.random() ** 1.3 * 27, minutes=5)
        did = dice.choices(("clicked", "completed", "dismissed", None), (30, 14, 26, 30))[0]
        rows["offer"].append(
            {
                "id": f"o{n}",
                "account_id": account,
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
                    "account_id": account,
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
