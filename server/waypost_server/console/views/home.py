"""Home: what needs attention, and today's numbers."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from flask import Blueprint, render_template

from waypost_server.console import evidence, words
from waypost_server.console.access import login, runtime
from waypost_server.store import reports_home

SHOWN = 8


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/", "home", home)


def home() -> str:
    """What waits for a person, the most urgent first."""
    who, day = login(), words.today()
    midnight = datetime.combine(day, time(), words.zone()).astimezone(UTC)
    tomorrow = datetime.combine(day + timedelta(days=1), time(), words.zone()).astimezone(UTC)
    week = midnight - timedelta(days=6)
    with runtime().db.read() as session:
        upcoming = reports_home.next_due(
            session, who.workspace_id, who.user_id if who.role == "csm" else None
        )
        tasks = reports_home.due_tasks(session, who.workspace_id, tomorrow, 100)
        signals = reports_home.unhandled_signals(session, who.workspace_id, week, SHOWN)
        deliveries = reports_home.stuck_deliveries(session, who.workspace_id, week, SHOWN)
        refused = reports_home.quarantine_reasons(session, who.workspace_id, week, SHOWN)
        today = reports_home.today(session, who.workspace_id, day, midnight)
        is_empty = runtime().releases.live(session, who.workspace_id) is None
    is_csm = who.role == "csm"  # others own no accounts: theirs is the team's queue
    mine = [row for row in tasks if row.Task.owner == who.user_id or not is_csm]
    return render_template(
        "console/home.html",
        mine=mine[:SHOWN],
        mine_count=len(mine),
        others_count=len(tasks) - len(mine),
        is_csm=is_csm,
        upcoming=upcoming,
        signals=[(row, evidence.read(row.Signal.kind, row.Signal.evidence)) for row in signals],
        deliveries=deliveries,
        refused=refused,
        refused_count=sum(row.count for row in refused),
        today_numbers=today,
        is_empty=is_empty,
        read=evidence.read,
    )
