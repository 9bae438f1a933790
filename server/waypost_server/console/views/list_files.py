"""The lists of accounts and tasks as files for a spreadsheet, whole, with the filters of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from waypost_server.console import evidence
from waypost_server.console.access import login, runtime
from waypost_server.console.csv_file import csv_file
from waypost_server.console.views import accounts, queue
from waypost_server.store import reports_accounts, reports_queue

CHUNK = 500  # rows read at a time
ACCOUNTS = ("account", "id", "motion", "segment", "owner", "renews", "people", "milestones reached",
            "open signals", "first active", "last active")  # fmt: skip
TASKS = ("account", "account id", "state", "why", "evidence", "severity", "value a year", "owner", "created",
         "due", "snoozed until", "ended", "outcome", "task")  # fmt: skip


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/accounts.csv", "accounts_file", accounts_file)
    blueprint.add_url_rule("/queue.csv", "queue_file", queue_file)


def accounts_file() -> Response:
    """Every account that the filters in the URL leave."""
    with runtime().db.read() as session:
        return csv_file("accounts.csv", ACCOUNTS, _accounts(session, login().workspace_id))


def _accounts(session: Session, workspace_id: str) -> Iterator[tuple[Any, ...]]:
    chosen, sort = accounts.asked()
    after = None
    while rows := reports_accounts.page(session, workspace_id, chosen, sort=sort, after=after, limit=CHUNK):
        ids = [row.id for row in rows]
        people = reports_accounts.users_of(session, workspace_id, ids)
        milestones = reports_accounts.milestones_of(session, workspace_id, ids)
        signals = reports_accounts.signals_of(session, workspace_id, ids)
        for row in rows:
            open_ones = ", ".join(evidence.TAGS.get(each.kind, each.kind) for each in signals.get(row.id, ()))
            yield (
                row.name, row.id, row.motion, row.segment, row.owner_name, row.renewal_on, people.get(row.id, 0),
                len(milestones.get(row.id, ())), open_ones, row.first_day, row.last_day,
            )  # fmt: skip
        after = accounts.place(sort, rows[-1])


def queue_file() -> Response:
    """Every task of the view and scope in the URL."""
    with runtime().db.read() as session:
        return csv_file("tasks.csv", TASKS, _tasks(session))


def _tasks(session: Session) -> Iterator[tuple[Any, ...]]:
    who, after = login(), None
    view, scope = queue.asked(who)
    owner = who.user_id if scope == "mine" else None
    while rows := reports_queue.page(
        session, who.workspace_id, view=view, owner=owner, after=after, limit=CHUNK
    ):
        for row in rows:
            task, reading = row.Task, queue.reading_of(row)
            yield (
                row.account_name, task.account_id, task.state, reading.tag, reading.words or task.title,
                task.severity, task.value, row.owner_name, task.created_at, task.due_at, task.snoozed_until,
                task.ended_at, task.outcome, task.id,
            )  # fmt: skip
        after = reports_queue.Cursor(float(rows[-1].rank), rows[-1].Task.id)
