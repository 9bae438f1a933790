"""Nudges: what is live, what people did with it, and one nudge in full."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request

from waypost_server.console import charts, preview, words
from waypost_server.console.access import login, runtime
from waypost_server.console.conditions import Reader
from waypost_server.console.survey_results import results
from waypost_server.domain.definitions import Definitions, Goal, Nudge
from waypost_server.domain.locale import base
from waypost_server.domain.play_program import walk
from waypost_server.store import releases, reports_nudges, reports_settings

DAYS = 28


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/nudges", "nudges", nudges)
    blueprint.add_url_rule("/nudges/<ref:key>", "nudge", nudge)


def nudges() -> str:
    """Every nudge of the live release."""
    who = login()
    since = _midnights()[0]
    with runtime().db.read() as session:
        live = runtime().releases.live(session, who.workspace_id)
        if live is None:
            return render_template("console/nudges.html", release=None, rows=[])
        release = reports_settings.published(session, who.workspace_id, live.number)
        counts = reports_nudges.reactions(session, who.workspace_id, since)
        reached = _reached(session, who.workspace_id, live.definitions.nudges, since)
    reader = Reader(live.definitions)
    rows = [
        {
            "nudge": each,
            "audience": reader.summary(each.audience),
            "goal": goal_words(each.goal, live.definitions),
            "state": state(each),
            "counts": counts.get(each.key, {}),
            "reached": reached.get(each.key, 0) if each.goal else None,
        }
        for each in sorted(live.definitions.nudges, key=lambda each: each.title.lower())
    ]
    return render_template("console/nudges.html", release=release, rows=rows)


def nudge(key: str) -> str:
    """One nudge: how it looks, who sees it, what came of it."""
    who, times = login(), _midnights()
    with runtime().db.read() as session:
        live = runtime().releases.live(session, who.workspace_id)
        found = next((each for each in live.definitions.nudges if each.key == key), None) if live else None
        if live is None or found is None:
            abort(404)
        release = reports_settings.published(session, who.workspace_id, live.number)
        files = releases.files(session, who.workspace_id, live.number) or {}
        counts = reports_nudges.reactions(session, who.workspace_id, times[0]).get(key, {})
        reached = _reached(session, who.workspace_id, (found,), times[0]).get(key, 0)
        days = reports_nudges.by_day(session, who.workspace_id, key, times=times)
        latest = reports_nudges.latest(session, who.workspace_id, key)
        lang = request.args.get("lang")
        original = base(found.content, live.definitions.catalog.default_locale)
        chosen = lang if lang is not None and lang in found.content else original
        answers = results(session, who.workspace_id, found, found.content[chosen])
    reader = Reader(live.definitions)
    return render_template(
        "console/nudge.html",
        nudge=found,
        release=release,
        state=state(found),
        lines=reader.lines(found.audience),
        goal=goal_words(found.goal, live.definitions),
        preview=preview.render(chosen, found.content[chosen], reader),
        counts=counts,
        reached=reached,
        chart=_chart(days, times),
        days=[(times[place].astimezone(words.zone()).date(), each) for place, each in enumerate(days)],
        latest=latest,
        answers=answers,
        used=where_used(found, live.definitions),
        source=_source(found.source, files),
        file=found.source.rpartition(":")[0] or found.source,
    )


def state(nudge: Nudge) -> tuple[str, str]:
    """What a nudge does today: (word, tone)."""
    if nudge.is_paused:
        return "Paused", "attention"
    today = words.today().isoformat()
    if nudge.schedule.starts_on and today < nudge.schedule.starts_on:
        return f"Starts {nudge.schedule.starts_on}", "information"
    if nudge.schedule.ends_on and today > nudge.schedule.ends_on:
        return "Ended", ""
    return ("Live, when a play hands it out", "accent") if nudge.from_play else ("Live", "accent")


def goal_words(goal: Goal | None, definitions: Definitions) -> str:
    """The behaviour a nudge or play is for, in words."""
    if goal is None:
        return "No goal"
    if goal.milestone:
        titles = {each.key: each.title for each in definitions.journey.milestones}
        text = titles.get(goal.milestone, words.sentence(goal.milestone))
    else:
        titles = {each.key: each.title for each in definitions.catalog.features}
        text = titles.get(goal.feature or "", words.sentence(goal.feature))
        if goal.weeks_active:
            text += f" in {words.plural(goal.weeks_active, 'week')}"
        elif goal.count > 1:
            text += f", {goal.count} times"
    return f"{text} within {words.plural(goal.within_days, 'day')}" if goal.within_days else text


def where_used(nudge: Nudge, definitions: Definitions) -> dict[str, list[Any]]:
    """Plays that hand it out; milestones and features that its audience or goal reads."""
    plays = [
        play
        for play in definitions.plays
        if any(
            step.kind == "nudge" and step.nudge == nudge.key
            for steps in play.branches.values()
            for step in walk(steps)
        )
    ]
    text = str(nudge.audience)
    goal = nudge.goal or Goal()
    progress = {content.progress for content in nudge.content.values()}
    milestones = [
        each
        for each in definitions.journey.milestones
        if f"milestone.{each.key}." in text or goal.milestone == each.key or each.key in progress
    ]
    features = [
        each
        for each in definitions.catalog.features
        if f"usage.{each.key}." in text or goal.feature == each.key
    ]
    return {"plays": plays, "milestones": milestones, "features": features}


def _reached(session: Any, workspace_id: str, nudges: tuple[Nudge, ...], since: datetime) -> dict[str, int]:
    milestones = {each.key: each.goal.milestone for each in nudges if each.goal and each.goal.milestone}
    features = {each.key: each.goal.feature for each in nudges if each.goal and each.goal.feature}
    return {
        **reports_nudges.reached_after_all(session, workspace_id, milestones, since),
        **reports_nudges.used_after_all(session, workspace_id, features, since),
    }


def _midnights() -> list[datetime]:
    """The starts of the last 28 days and of tomorrow, in the workspace's zone."""
    today = words.today()
    days = [today - timedelta(days=DAYS - 1 - place) for place in range(DAYS + 1)]
    return [datetime.combine(day, time(), words.zone()).astimezone(UTC) for day in days]


def _chart(days: list[dict[str, int]], times: list[datetime]) -> Any:
    if not any(days):
        return None
    drawn = []
    for place, each in enumerate(days):
        shown, done = each.get("shown", 0), each.get("clicked", 0) + each.get("completed", 0)
        drawn.append((f"{words.day(times[place])}: {shown} shown, {done} acted on", max(shown, done), done))
    return charts.bars(
        drawn, f"Shown and acted on per day, the last {DAYS} days; the table below has the numbers"
    )


def _source(source: str, files: dict[str, str]) -> str | None:
    name = source.rpartition(":")[0] or source
    if name in files:
        return files[name]
    return next((text for path, text in files.items() if path.endswith("/" + name)), None)
