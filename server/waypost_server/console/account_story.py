"""What an account's page tells: its features, milestones, people and timeline, put together from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for

from waypost_server.console.evidence import read
from waypost_server.console.words import day, humanise, number, outcome, plural, sentence, zone
from waypost_server.domain.definitions import Definitions, Milestone
from waypost_server.domain.local_day import day_of

REACTIONS = {
    "shown": "saw",
    "clicked": "acted on",
    "completed": "completed",
    "dismissed": "dismissed",
    "snoozed": "put off",
    "never_again": "never wants to see again",
    "anchor_missing": "could not be shown (no anchor)",
}
CHANNELS = {"call": "Call", "meeting": "Meeting", "message": "Message"}


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """A feature and how much the account uses it."""

    title: str
    core: bool
    uses: int
    users: int
    total: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class MilestoneView:
    """A milestone of the account, or of its users counted together."""

    milestone: Milestone
    tone: str  # accent | attention | problem | open
    status: str
    steps: tuple[tuple[str, bool], ...]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline."""

    at: datetime
    icon: str
    text: str
    href: str | None = None
    detail: str = ""


def finding(series: Sequence[int]) -> tuple[str, str, float]:
    """(title, words, usual) of a series without an alarm: the last 4 weeks against those before."""
    before = list(series[:-4])
    active = before[next((place for place, count in enumerate(before) if count), 0) :]
    usual = sum(active) / len(active) if active else 0.0
    now = sum(series[-4:]) / 4
    told = f"{number(now, 1)} active user-days a week in the last 4 weeks; usual is {number(usual, 1)}."
    if not any(active):
        return "Use has just begun", f"{number(now, 1)} active user-days a week in the last 4 weeks.", usual
    if now >= usual * 1.25:
        return "Use is growing", told, usual
    return ("Use is below its usual" if now < usual * 0.75 else "Use is steady"), told, usual


def features(
    definitions: Definitions | None, totals: Sequence[Any], recent: dict[str, tuple[int, int]]
) -> list[FeatureUse]:
    """Every feature of the catalogue, used or not; core ones first, then by use."""
    rows = {row.feature: row for row in totals}
    catalog = definitions.catalog.features if definitions else ()
    known = {each.key: (each.title, each.core) for each in catalog}
    for key in rows:
        known.setdefault(key, (sentence(key), False))
    found = []
    for key, (title, core) in known.items():
        row, (uses, users) = rows.get(key), recent.get(key, (0, 0))
        total, last_at = (int(row.total), row.last_at) if row else (0, None)
        found.append(FeatureUse(title, core, uses, users, total, last_at))
    return sorted(found, key=lambda each: (not each.core, -each.uses, -each.total, each.title))


def milestones(
    definitions: Definitions | None, account: Any, states: Sequence[Any], today: date
) -> list[MilestoneView]:
    """The journey's milestones in order, with where the account stands on each."""
    by_key: dict[str, list[Any]] = {}
    for state in states:
        by_key.setdefault(state.milestone, []).append(state)
    defined = definitions.journey.milestones if definitions else ()
    return [_milestone(each, account, by_key.get(each.key, []), today) for each in defined]


def _milestone(milestone: Milestone, account: Any, states: list[Any], today: date) -> MilestoneView:
    if milestone.scope == "user":
        return _users_milestone(milestone, states)
    state = next((each for each in states if each.user_id == ""), None)
    done = set(state.steps) if state else set()
    steps = tuple((step.title, step.key in done) for step in milestone.steps)
    count = state.done if state else 0
    if state and state.reached_at:
        day_reached = day_of(state.reached_at, zone())
        days = (day_reached - account.first_day).days if account.first_day else None
        return MilestoneView(
            milestone,
            "accent",
            f"reached on day {days}" if days is not None else "reached",
            steps,
            count,
            len(steps),
        )
    tone, status = _due(milestone, account, today, count)
    return MilestoneView(milestone, tone, status, steps, count, len(steps))


def _due(milestone: Milestone, account: Any, today: date, done: int) -> tuple[str, str]:
    if milestone.due_days is None or account.first_day is None:
        return "open", f"{done} of {len(milestone.steps)} steps"
    late = (today - account.first_day - timedelta(days=milestone.due_days)).days
    if late > 0:
        return "attention", f"due day {milestone.due_days} · {plural(late, 'day')} late"
    return "open", f"due day {milestone.due_days} · in {plural(-late, 'day')}"


def _users_milestone(milestone: Milestone, states: list[Any]) -> MilestoneView:
    reached = sum(1 for each in states if each.reached_at)
    begun = len(states) - reached
    status = f"{plural(reached, 'person', 'people')} reached it"
    if begun:
        status += f" · {begun} on the way"
    return MilestoneView(milestone, "accent" if reached else "open", status, (), reached, len(states))


def by_role(people: Sequence[Any], definitions: Definitions | None) -> list[tuple[str, list[Any]]]:
    """People grouped by role, in the catalogue's order."""
    titles = {role.key: role.title for role in definitions.catalog.roles} if definitions else {}
    groups: dict[str, list[Any]] = {}
    for person in people:
        groups.setdefault(person.role or "", []).append(person)
    order = {key: place for place, key in enumerate(titles)}
    keys = sorted(groups, key=lambda key: (order.get(key, len(order) if key else 10_000), key))
    return [(titles.get(key) or sentence(key) or "No role", groups[key]) for key in keys]


def timeline(
    *,
    signals: Sequence[Any],
    runs: Sequence[Any],
    deliveries: Sequence[Any],
    tasks: Sequence[Any],
    touches: Sequence[Any],
    reactions: Sequence[Any],
    titles: Mapping[str, str],
    told: Sequence[Happening] = (),
) -> list[Happening]:
    """What happened, the newest first. `titles` are those of plays and nudges, by key."""
    found = [line for each in signals for line in _signal(each)]
    found += [line for row in runs for line in _run(row.PlayRun, titles)]
    found += [_delivery(row) for row in deliveries]
    found += [line for task in tasks for line in _task(task)]
    found += [
        Happening(touch.at, "task", f"{CHANNELS[touch.channel]} logged", detail=touch.note)
        for touch in touches
        if touch.channel in CHANNELS
    ]
    found += [_reaction(row, titles) for row in reactions]
    found += told
    return sorted(found, key=lambda line: line.at, reverse=True)[:40]


def motions(said: Sequence[Any], names: Mapping[str, str]) -> list[Happening]:
    """What people said about how the account is served, and how that ended."""
    lines = []
    for each in said:
        what = f"Served as {humanise(each.motion)} until {day(each.until)}, by {names.get(each.person, 'somebody')}"
        lines.append(Happening(each.set_at, "accounts", what, None, each.reason))
        if each.ended in ("expired", "withdrawn"):
            by = f", by {names.get(each.ended_by, 'somebody')}" if each.ended_by else ": its time was over"
            lines.append(Happening(each.ended_at, "accounts", f"Served by the rule again{by}"))
    return lines


def owners(named: Sequence[Any], names: Mapping[str, str]) -> list[Happening]:
    """Whom people named as its owner."""
    lines = []
    for each in named:
        owner, by = names.get(each.owner or "", "nobody"), names.get(each.person, "somebody")
        what = (
            f"Owner by the trait csm again: {owner}, by {by}" if each.by_trait else f"Owner: {owner}, by {by}"
        )
        lines.append(Happening(each.at, "accounts", what, None, each.reason))
    return lines


def _signal(signal: Any) -> list[Happening]:
    reading = read(signal.kind, signal.evidence)
    lines = [Happening(signal.opened_at, "signal", f"Noticed: {reading.title}", None, reading.detail)]
    if signal.closed_at:
        reason = humanise(signal.closed_reason)
        lines.append(Happening(signal.closed_at, "signal", f"Over: {reading.title}", None, reason))
    return lines


def _run(run: Any, titles: Mapping[str, str]) -> list[Happening]:
    href, title = url_for("console.run", run_id=run.id), titles.get(run.play, run.play)
    lines = [Happening(run.started_at, "plays", f"Play begun: {title}", href)]
    if run.ended_at:
        lines.append(Happening(run.ended_at, "plays", f"Play ended: {title}", href, outcome(run.outcome)))
    return lines


def _delivery(row: Any) -> Happening:
    what = "E-mail" if row.channel == "email" else sentence(row.channel)
    text = f"{what} “{row.subject or row.template}” to {row.recipient}"
    at = row.ended_at or row.created_at
    return Happening(at, "email", text, url_for("console.delivery", delivery_id=row.id), humanise(row.state))


def _task(task: Any) -> list[Happening]:
    href = url_for("console.task", task_id=task.id)
    lines = [Happening(task.created_at, "task", f"Task for a CSM: {task.title}", href)]
    if task.ended_at:
        end = f"{sentence(task.state)}: {task.title}"
        lines.append(Happening(task.ended_at, "task", end, href, task.outcome or ""))
    return lines


def _reaction(row: Any, titles: Mapping[str, str]) -> Happening:
    did = REACTIONS.get(row.reaction, humanise(row.reaction))
    href = url_for("console.nudge", key=row.nudge)
    return Happening(
        row.at, "nudge", f"{row.name or row.user_id} {did} “{titles.get(row.nudge, row.nudge)}”", href
    )
