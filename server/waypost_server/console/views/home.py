"""Home: what needs attention, and today's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from waypost_server.console import evidence, words
from waypost_server.console.access import login, runtime
from waypost_server.domain.policy import TaskPolicy
from waypost_server.services.console_login import may
from waypost_server.services.share_out_tasks import week_start
from waypost_server.store import due, reports_home, reports_task, task_load
from waypost_server.store.sessions import SessionRecord
from waypost_server.store.task_load import Load

SHOWN = 8
TASKS = 100  # due tasks read; a team with more of them overdue reads "100+"


@dataclass(frozen=True, slots=True)
class Some:
    """The first of a list, and how many there are: the number, or "8+" when there are more than were read."""

    rows: Sequence[Any]
    count: str

    @property
    def has_more(self) -> bool:
        """Whether some are not shown."""
        return not self.count.isdigit() or int(self.count) > len(self.rows)


def some(rows: Sequence[Any], read: int = SHOWN) -> Some:
    """Of up to `read` rows and one more, which only says that there is more."""
    return Some(rows[:SHOWN], f"{read}+" if len(rows) > read else str(len(rows)))


@dataclass(frozen=True, slots=True)
class Member:
    """One person's week as a lead sees it. `room`: None = no limit."""

    name: str
    load: Load
    room: int | None
    away: str = ""  # "away until Dec 7"

    @property
    def taken(self) -> int:
        """Tasks open or done this week."""
        return self.load.active + self.load.done

    @property
    def share(self) -> float:
        """How full the week is, 0 to 1; without a limit none of it."""
        return min(1.0, self.taken / self.room) if self.room else float(self.room == 0)


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
        tasks = reports_home.due_tasks(session, who.workspace_id, tomorrow, TASKS + 1)
        signals = reports_home.unhandled_signals(session, who.workspace_id, week, SHOWN + 1)
        orphans = reports_home.orphans(session, who.workspace_id, SHOWN + 1)
        team = _team(session, who) if may(who.role, "approver") else []
        deliveries = reports_home.stuck_deliveries(session, who.workspace_id, week, SHOWN + 1)
        refused = reports_home.quarantine_reasons(session, who.workspace_id, week, SHOWN)
        parked = due.parked_accounts(session, who.workspace_id, now=runtime().clock(), limit=SHOWN + 1)
        today = reports_home.today(session, who.workspace_id, day, midnight)
        is_empty = runtime().releases.live(session, who.workspace_id) is None
    is_csm = who.role == "csm"  # others own no accounts: theirs is the team's queue
    mine = [row for row in tasks if row.Task.owner == who.user_id or not is_csm]
    return render_template(
        "console/home.html",
        mine=some(mine, TASKS),
        others_count=len(tasks) - len(mine),
        is_csm=is_csm,
        upcoming=upcoming,
        signals=some(signals),
        orphans=some(orphans),
        team=team,
        deliveries=some(deliveries),
        parked=some(parked),
        refused=refused,
        refused_count=sum(row.count for row in refused),
        today_numbers=today,
        is_empty=is_empty,
        read=evidence.read,
    )


def _team(session: Session, who: SessionRecord) -> list[Member]:
    """Everybody who works tasks, CSMs without any included, the fullest week first."""
    now = runtime().clock()
    live = runtime().releases.live(session, who.workspace_id)
    usual = (live.definitions.policy.tasks if live else TaskPolicy()).capacity
    week = week_start(now, words.zone())
    loads = {each.owner: each for each in task_load.loads(session, who.workspace_id, week=week, now=now)}
    found = []
    for person in reports_task.team(session, who.workspace_id):
        load = loads.get(person.id)
        if load is None and person.role != "csm":
            continue
        load = load or Load(person.id, 0, 0, 0, 0, 0, person.capacity)
        room = usual if load.capacity is None else load.capacity
        found.append(Member(person.name, load, room, words.away(person.away_until, person.timezone)))
    return sorted(found, key=lambda each: (-each.share, each.name))
