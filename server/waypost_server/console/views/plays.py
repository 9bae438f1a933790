"""Plays: what answers a signal, and the runs of each."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for

from waypost_server.console import cursors, evidence
from waypost_server.console.access import login, runtime
from waypost_server.console.conditions import Reader
from waypost_server.console.step_words import describe
from waypost_server.console.views.nudges import goal_words
from waypost_server.console.words import OUTCOMES, plural
from waypost_server.domain.definitions import Definitions, Play
from waypost_server.store import (
    console_users,
    play_pauses,
    releases,
    reports_plays,
    reports_settings,
)

STANDINGS = {"open": "Under way", **OUTCOMES}  # which runs are listed


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/plays", "plays", plays)
    blueprint.add_url_rule("/plays/<ref:key>", "play", play)


def plays() -> str:
    """Every play of the live release."""
    who = login()
    with runtime().db.read() as session:
        live = runtime().releases.live(session, who.workspace_id)
        if live is None:
            return render_template("console/plays.html", release=None, rows=[])
        release = reports_settings.published(session, who.workspace_id, live.number)
        counts = reports_plays.counts(session, who.workspace_id)
        pauses = play_pauses.of_workspace(session, who.workspace_id)
    rows = [
        {
            "play": each,
            "is_paused": each.is_paused or each.key in pauses,
            "trigger": trigger_words(each, live.definitions),
            "goal": goal_words(each.goal, live.definitions),
            "counts": counts.get(each.key, {}),
        }
        for each in sorted(live.definitions.plays, key=lambda each: each.title.lower())
    ]
    return render_template("console/plays.html", release=release, rows=rows)


def play(key: str) -> str:
    """One play: what starts it, a branch per motion, its runs."""
    who = login()
    after = cursors.read(request.args.get("after"), str)
    standing = request.args.get("runs") if request.args.get("runs") in STANDINGS else None
    with runtime().db.read() as session:
        live = runtime().releases.live(session, who.workspace_id)
        found = next((each for each in live.definitions.plays if each.key == key), None) if live else None
        if live is None or found is None:
            abort(404)
        release = reports_settings.published(session, who.workspace_id, live.number)
        files = releases.files(session, who.workspace_id, live.number) or {}
        counts = reports_plays.counts(session, who.workspace_id).get(key, {})
        environment = releases.live_environment(session, who.workspace_id)
        pause = play_pauses.of_workspace(session, who.workspace_id).get(key)
        names = console_users.names(session, who.workspace_id)
        rows = reports_plays.runs(
            session,
            who.workspace_id,
            play=key,
            standing=standing,
            after=after[0] if after else None,
            limit=cursors.PAGE + 1,
        )
    rows, more = cursors.split(rows)
    older = cursors.write(rows[-1].PlayRun.id) if more else None
    source = found.source.rpartition(":")[0] or found.source
    return render_template(
        "console/play.html",
        play=found,
        release=release,
        trigger=trigger_words(found, live.definitions),
        limit=limit_words(found),
        pause=pause,
        environment=environment,
        paused_by=names.get(pause.actor, pause.actor) if pause else None,
        lines=Reader(live.definitions).lines(found.audience),
        exits=Reader(live.definitions).lines(found.exit or {}),
        goal=goal_words(found.goal, live.definitions),
        branches=[
            (motion, [describe(step, live.definitions) for step in steps])
            for motion, steps in found.branches.items()
        ],
        counts=counts,
        standing=standing,
        standings=[(each, title) for each, title in STANDINGS.items() if counts.get(each)],
        rows=rows,
        older=url_for("console.play", key=key, runs=standing, after=older) if older else None,
        first=url_for("console.play", key=key, runs=standing) if after else None,
        file=source,
        source=files.get(source) or next((t for p, t in files.items() if p.endswith("/" + source)), None),
    )


def trigger_words(play: Play, definitions: Definitions) -> str:
    """What starts a play, in words."""
    reader = Reader(definitions)
    if play.on.person:
        return "A person starts it"
    if play.on.condition is not None:
        whom = "a user" if play.subject == "user" else "an account"
        return f"It becomes true for {whom}: {reader.summary(play.on.condition)}"
    signal = evidence.TITLES.get(play.on.signal) or play.on.signal.replace("_", " ").capitalize()
    if play.on.milestone:
        titles = {each.key: each.title for each in definitions.journey.milestones}
        signal += f": {titles.get(play.on.milestone, play.on.milestone)}"
    conditions = "; ".join(
        f"{line.fact.lower()} {line.operator} {line.value}" for line in reader.lines(play.on.where)
    )
    return f"{signal}, when {conditions}" if conditions else signal


def limit_words(play: Play) -> str:
    """How often it may start for the same subject, in words."""
    enrol, whom = play.enrol, "a user" if play.subject == "user" else "an account"
    times = "once" if enrol.max == 1 else f"{enrol.max} times"
    return (
        f"{times} for {whom}"
        if enrol.per_days is None
        else f"{times} in {plural(enrol.per_days, 'day')} for {whom}"
    )
