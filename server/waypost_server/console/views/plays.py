"""Plays: what answers a signal, and each run as a story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from waypost_server.console import cursors, evidence
from waypost_server.console.access import login, needs, runtime
from waypost_server.console.conditions import Reader
from waypost_server.console.step_words import describe
from waypost_server.console.views.nudges import goal_words
from waypost_server.console.words import plural
from waypost_server.domain.definitions import Definitions, Play
from waypost_server.services.cancel_run import cancel_run
from waypost_server.services.change_run import pause_run, resume_run, retry_run
from waypost_server.services.pause_play import pause_play, resume_play
from waypost_server.store import (
    console_users,
    play_pauses,
    releases,
    reports_plays,
    reports_settings,
    reports_users,
)


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/plays", "plays", plays)
    blueprint.add_url_rule("/plays/<ref:key>", "play", play)
    blueprint.add_url_rule("/runs/<ref:run_id>", "run", run)
    for deed, view in (("cancel", cancel), ("pause", pause), ("resume", resume), ("retry", retry)):
        blueprint.add_url_rule(f"/runs/<ref:run_id>/{deed}", f"run_{deed}", view, methods=["POST"])
    for deed, whole in (("pause", pause_whole), ("resume", resume_whole)):
        blueprint.add_url_rule(f"/plays/<ref:key>/{deed}", f"play_{deed}", whole, methods=["POST"])


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
            session, who.workspace_id, play=key, after=after[0] if after else None, limit=cursors.PAGE + 1
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
        rows=rows,
        older=url_for("console.play", key=key, after=older) if older else None,
        first=url_for("console.play", key=key) if after else None,
        file=source,
        source=files.get(source) or next((t for p, t in files.items() if p.endswith("/" + source)), None),
    )


def run(run_id: str) -> str:
    """One run: what started it and what each step did."""
    who = login()
    with runtime().db.read() as session:
        row = reports_plays.run(session, who.workspace_id, run_id)
        if row is None:
            abort(404)
        story = reports_plays.story(session, who.workspace_id, run_id)
        deliveries = reports_plays.deliveries(session, who.workspace_id, run_id)
        tasks = reports_plays.tasks(session, who.workspace_id, run_id)
        grants = reports_plays.grants(session, who.workspace_id, run_id)
        title = _title(session, who.workspace_id, row.PlayRun.play)
        begun = _begun(row, console_users.names(session, who.workspace_id))
        user = reports_users.one(session, who.workspace_id, row.PlayRun.user_id)
    return render_template(
        "console/run.html",
        row=row,
        run=row.PlayRun,
        title=title,
        begun=begun,
        user_name=user.name if user else None,
        story=story,
        deliveries=deliveries,
        tasks=tasks,
        grants=grants,
    )


@needs("csm")
def cancel(run_id: str) -> Any:
    """Stop a run for good, and show its story."""
    who = login()
    cancel_run(runtime(), who.workspace_id, run_id, actor=who.user_id, reason=request.form.get("reason", ""))
    flash("Stopped. Nothing that was queued will be sent.")
    return redirect(url_for("console.run", run_id=run_id))


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


@needs("csm")
def pause(run_id: str) -> Any:
    """Hold a run where it stands."""
    who = login()
    pause_run(runtime(), who.workspace_id, run_id, actor=who.user_id, reason=request.form.get("reason", ""))
    flash("Paused. Nothing more happens until somebody lets it go on.")
    return redirect(url_for("console.run", run_id=run_id))


@needs("csm")
def resume(run_id: str) -> Any:
    """Let a paused run go on."""
    who = login()
    resume_run(runtime(), who.workspace_id, run_id, actor=who.user_id)
    flash("It goes on.")
    return redirect(url_for("console.run", run_id=run_id))


@needs("csm")
def retry(run_id: str) -> Any:
    """Take a failed run up again."""
    who = login()
    retry_run(runtime(), who.workspace_id, run_id, actor=who.user_id)
    flash("The failed step is tried again.")
    return redirect(url_for("console.run", run_id=run_id))


@needs("author")
def pause_whole(key: str) -> Any:
    """Pause a play and all its runs."""
    who = login()
    pause_play(runtime(), who.workspace_id, key, actor=who.user_id, reason=request.form.get("reason", ""))
    flash("Paused. It starts for nobody, and none of its runs takes another step.")
    return redirect(url_for("console.play", key=key))


@needs("author")
def resume_whole(key: str) -> Any:
    """Let a paused play go on."""
    who = login()
    resume_play(runtime(), who.workspace_id, key, actor=who.user_id)
    flash("It goes on.")
    return redirect(url_for("console.play", key=key))


@dataclass(frozen=True, slots=True)
class Begun:
    """What started a run: the first line of its story."""

    title: str
    words: str


def _begun(row: Any, names: Mapping[str, str]) -> Begun:
    if row.signal_kind:
        reading = evidence.read(row.signal_kind, row.evidence)
        return Begun(reading.title, reading.words)
    cause = row.PlayRun.cause
    if cause.get("kind") == "condition":
        return Begun("The play's condition became true", "It did not hold when it was looked at before.")
    if cause.get("kind") == "bulk":
        actor = str(cause.get("actor", ""))
        return Begun("Started for many accounts at once", f"by {names.get(actor, actor)}")
    if cause.get("kind") == "person":
        actor = str(cause.get("actor", ""))
        return Begun("Started by a person", names.get(actor, actor))
    return Begun("Started", "")


def _title(session: Any, workspace_id: str, key: str) -> str:
    live = runtime().releases.live(session, workspace_id)
    known = {each.key: each.title for each in live.definitions.plays} if live else {}
    return known.get(key, key)
