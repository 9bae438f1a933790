"""The queue: the few accounts that need a person, with the evidence and a draft of what to say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for

from waypost_server.console import charts, cursors, evidence, words
from waypost_server.console.access import login, needs, next_path, runtime
from waypost_server.console.titles import titles
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.policy import TaskPolicy
from waypost_server.domain.workload import urgent_because
from waypost_server.services import tasks
from waypost_server.services.contact import Contact, log_contact
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.services.share_out_tasks import week_start
from waypost_server.services.task_moves import By
from waypost_server.store import (
    console_users,
    message_drafts,
    reports_queue,
    reports_task,
    reports_usage,
    task_load,
)
from waypost_server.store.sessions import SessionRecord

WEEKS = 30
OUTCOMES = {
    "recovered": "Use is back, or will be",
    "meeting_booked": "A meeting is booked",
    "reached": "Reached them; no next step needed",
    "no_answer": "No answer",
    "at_risk": "At risk: told the account's lead",
    "other": "Something else",
}
REASONS = {
    "not_a_problem": "Not a problem: expected or seasonal",
    "known": "Known and handled elsewhere",
    "wrong_data": "The numbers are wrong",
    "not_ours": "Not ours to act on",
    "not_sent": "The message does not fit",
}
Place = tuple[Runtime, str, str]  # runtime, workspace, task
CHANNELS = {"call": "Call", "meeting": "Meeting", "message": "Message"}


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/queue", "queue", queue)
    blueprint.add_url_rule("/tasks/<ref:task_id>", "task", task)
    blueprint.add_url_rule("/tasks/<ref:task_id>/<verb>", "task_act", act, methods=["POST"])


def queue() -> Any:
    """The table, and beside it the task chosen by `?task=` (the first one on wide screens)."""
    who = login()
    view, scope = asked(who)
    after = cursors.read(request.args.get("after"), float, str)
    with runtime().db.read() as session:
        rows = reports_queue.page(
            session,
            who.workspace_id,
            view=view,
            owner=who.user_id if scope == "mine" else None,
            after=reports_queue.Cursor(*after) if after else None,
            limit=cursors.PAGE + 1,
        )
        rows, more = cursors.split(rows)
        counts = reports_queue.counts(session, who.workspace_id, who.user_id)
        series = _series(session, who.workspace_id, [row.Task.account_id for row in rows])
        week = _week(session, who) if scope == "mine" else None
        chosen = request.args.get("task") or (rows[0].Task.id if rows else None)
        detail = _detail(session, who.workspace_id, chosen) if chosen else None
    older = cursors.write(float(rows[-1].rank), rows[-1].Task.id) if more else None
    return render_template(
        "console/queue.html",
        rows=[(row, reading_of(row), _spark(row, series)) for row in rows],
        counts=counts,
        week=week,
        next_monday=words.next_monday(),
        view=view,
        scope=scope,
        older=url_for("console.queue", view=view, scope=scope, after=older) if older else None,
        first=url_for("console.queue", view=view, scope=scope) if after else None,
        is_chosen=bool(request.args.get("task")),
        back=request.full_path,
        **(detail or {"item": None}),
    )


def asked(who: SessionRecord) -> tuple[str, str]:
    """Which tasks, and whose, by the URL."""
    view = _one_of(request.args.get("view"), reports_queue.VIEWS, "open")
    return view, _one_of(request.args.get("scope"), ("mine", "team"), "mine" if who.role == "csm" else "team")


def task(task_id: str) -> Any:
    """One task as its own page, or as the part that the queue swaps in."""
    who = login()
    with runtime().db.read() as session:
        detail = _detail(session, who.workspace_id, task_id)
    if detail is None:
        abort(404)
    template = "console/task_detail.html" if request.headers.get("X-Fragment") else "console/task.html"
    back = next_path(request.args.get("back") or url_for("console.queue"))
    return render_template(template, back=back, **detail)


@needs("csm")
def act(task_id: str, verb: str) -> Response:
    """Change a task, say what happened, and go back to where the person was."""
    if verb not in VERBS:
        abort(404)
    note = request.form.get("note", "").strip()[:2000].replace("\x00", "")
    said = VERBS[verb]((runtime(), login().workspace_id, task_id), note)
    flash(said)
    return redirect(next_path(request.form.get("back")))  # type: ignore[return-value]


def _acknowledge(task: Place, note: str) -> str:
    tasks.acknowledge(*task, by=_by())
    return "Acknowledged: the team sees that you are on it."


def _done(task: Place, note: str) -> str:
    outcome = OUTCOMES[_one_of(request.form.get("outcome"), OUTCOMES, "other")]
    tasks.done(*task, by=_by(), outcome=outcome, note=note)
    return "Done. The task is under Closed, where you can reopen it."


def _snooze(task: Place, note: str) -> str:
    until = _until(request.form.get("until", ""), request.form.get("on", ""))
    tasks.snooze(*task, by=_by(), until=until, note=f"until {words.day(until)}")
    return f"Snoozed until {words.day(until)}. It comes back by itself."


def _dismiss(task: Place, note: str) -> str:
    reason = REASONS[_one_of(request.form.get("reason"), REASONS, "not_a_problem")]
    tasks.dismiss(*task, by=_by(), reason=f"{reason}. {note}" if note else reason)
    return "Dismissed. The task is under Closed, where you can reopen it."


def _reopen(task: Place, note: str) -> str:
    tasks.reopen(*task, by=_by())
    return "Reopened."


def _contact(task: Place, note: str) -> str:
    form, (workspace_id, task_id) = request.form, task[1:]
    with runtime().db.read() as session:
        row = reports_queue.one(session, workspace_id, task_id)
    if row is None:
        abort(404)
    wanted = Contact(
        form.get("id", "")[:128] or runtime().new_id(),
        row.Task.account_id,
        _one_of(form.get("channel"), CHANNELS, "call"),
        form.get("user", ""),
        note=note,
        task_id=task_id,
    )
    log_contact(runtime(), workspace_id, wanted, actor=login().user_id)
    return "Contact logged. It counts as a touch, like any message."


def _reassign(task: Place, note: str) -> str:
    moved = tasks.reassign(*task, by=_by(), owner=request.form.get("owner", ""), note=note)
    with runtime().db.read() as session:
        name = console_users.names(session, moved.workspace_id).get(moved.owner or "", "")
    return f"Handed to {name}."


def _note(task: Place, note: str) -> str:
    tasks.comment(*task, by=_by(), note=note)
    return "Noted."


def _by() -> By:
    return By(login().user_id)


VERBS: dict[str, Callable[[Place, str], str]] = {
    "acknowledge": _acknowledge,
    "done": _done,
    "snooze": _snooze,
    "dismiss": _dismiss,
    "reopen": _reopen,
    "contact": _contact,
    "reassign": _reassign,
    "note": _note,
}


def _until(choice: str, on: str) -> datetime:
    """The time a snoozed task comes back: 08:00 of a day, in the workspace's zone."""
    day = words.today()
    if choice == "date":
        try:
            chosen = date.fromisoformat(on)
        except ValueError as error:
            raise BadInputError("Choose a date to snooze until.") from error
        if not day < chosen <= day + timedelta(days=366):
            raise BadInputError("Choose a date from tomorrow on, within a year.")
    else:
        choices = {
            "1d": day + timedelta(days=1),
            "3d": day + timedelta(days=3),
            "monday": words.next_monday(),
        }
        chosen = choices.get(choice, choices["1d"])
    return datetime.combine(chosen, time(8), words.zone()).astimezone(UTC)


def _detail(session: Any, workspace_id: str, task_id: str) -> dict[str, Any] | None:
    row = reports_queue.one(session, workspace_id, task_id)
    if row is None:
        return None
    account_id = row.Task.account_id
    live = runtime().releases.live(session, workspace_id)
    reading, last_day = reading_of(row), words.today()
    series = reading.series
    if not series:
        found = _series(session, workspace_id, [account_id])
        series = found.get(account_id, ())
    label = f"{reading.title}. {reading.words} Active user-days a week, the last {len(series)} weeks."
    chart = charts.Trend(series, last_day, reading.usual, reading.recent, now=reading.now, width=400)
    joined = reports_task.signals(session, workspace_id, task_id)[1:]
    return {
        "item": row,
        "reading": reading,
        "series": series,
        "chart": charts.trend(chart, label) if any(series) else None,
        "urgent": _urgent(live, row),
        "titles": titles(live.definitions if live else None),
        "joined": [(each, evidence.read(each.kind, each.evidence)) for each in joined],
        "people": reports_task.people(session, workspace_id, account_id),
        "conversation": reports_task.last_conversation(session, workspace_id, account_id),
        "message": message_drafts.find(session, workspace_id, task_id),
        "history": reports_queue.history(session, workspace_id, task_id),
        "names": console_users.names(session, workspace_id),
        "team": [each for each in reports_task.team(session, workspace_id) if each.id != row.Task.owner],
        "room_on": words.next_monday(),
        "contact_id": runtime().new_id(),
        "outcomes": OUTCOMES,
        "reasons": REASONS,
        "channels": CHANNELS,
        "monday": words.next_monday(),
        "day_after": words.today() + timedelta(days=1),
    }


def _urgent(live: LiveRelease | None, row: Any) -> str:
    """Why it never waits for room, by the rules of the live policy; '' when it may."""
    rules = (live.definitions.policy.tasks if live else TaskPolicy()).urgent
    days = (row.renewal_on - words.today()).days if row.renewal_on else None
    return urgent_because(rules, severity=row.Task.severity, value=row.Task.value, renewal_in_days=days)


def _week(session: Any, who: Any) -> tuple[int, int] | None:
    """(taken, room) of this person's week; None without a limit."""
    live = runtime().releases.live(session, who.workspace_id)
    policy = live.definitions.policy.tasks if live else TaskPolicy()
    now = runtime().clock()
    week = week_start(now, words.zone())
    loads = task_load.loads(session, who.workspace_id, week=week, now=now)
    mine = next((each for each in loads if each.owner == who.user_id), None)
    own = mine.capacity if mine else None
    room = policy.capacity if own is None else own
    return (mine.active + mine.done if mine else 0, room) if room is not None else None


def _series(session: Any, workspace_id: str, account_ids: list[str]) -> dict[str, list[int]]:
    """The same user-days that the detector reads: core features, when any are marked."""
    live = runtime().releases.live(session, workspace_id)
    features = live.definitions.catalog.features if live else ()
    core = [feature.key for feature in features if feature.core]
    known = {account_id for account_id in account_ids if account_id}
    return reports_usage.weekly(
        session, workspace_id, known, last_day=words.today(), weeks=WEEKS, features=core
    )


def reading_of(row: Any) -> evidence.Reading:
    """What the signal behind a task says."""
    return evidence.read(row.signal_kind, row.Task.evidence or row.signal_evidence)


def _spark(row: Any, series: dict[str, list[int]]) -> Any:
    reading = reading_of(row)
    values = reading.series or series.get(row.Task.account_id, ())
    tone = reading.tone if reading.tone in ("problem", "attention") else ""
    words_ = f"{WEEKS} weeks of use, {values[0]:.0f} to {values[-1]:.0f} user-days a week" if values else ""
    return charts.spark(values, tone=tone, label=words_) if values else None


def _one_of(value: str | None, known: Any, default: str) -> str:
    return value if value is not None and value in known else default
