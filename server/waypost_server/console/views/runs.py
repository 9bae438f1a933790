"""One run of a play as a story: what started it, what each step did, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template
from sqlalchemy.orm import Session

from waypost_server.console import evidence
from waypost_server.console.access import login, runtime
from waypost_server.console.step_words import Told, describe
from waypost_server.console.titles import titles
from waypost_server.domain.definitions import WaitStep
from waypost_server.store import console_users, reports_plays, reports_users
from waypost_server.store.tables import PlayRun


def add_to(blueprint: Blueprint) -> None:
    """Register the route."""
    blueprint.add_url_rule("/runs/<ref:run_id>", "run", run)


def run(run_id: str) -> str:
    """One run: what started it, what each step did, and what it made."""
    who = login()
    with runtime().db.read() as session:
        row = reports_plays.run(session, who.workspace_id, run_id)
        if row is None:
            abort(404)
        story = reports_plays.story(session, who.workspace_id, run_id)
        deliveries = reports_plays.deliveries(session, who.workspace_id, run_id)
        tasks = reports_plays.tasks(session, who.workspace_id, run_id)
        grants = reports_plays.grants(session, who.workspace_id, run_id)
        live = runtime().releases.live(session, who.workspace_id)
        begun = _begun(row, console_users.names(session, who.workspace_id))
        user = reports_users.one(session, who.workspace_id, row.PlayRun.user_id)
        coming = _coming(session, row.PlayRun)
    names = titles(live.definitions if live else None)
    return render_template(
        "console/run.html",
        row=row,
        run=row.PlayRun,
        title=names.get(row.PlayRun.play, row.PlayRun.play),
        titles=names,
        begun=begun,
        user_name=user.name if user else None,
        story=story,
        coming=coming,
        deliveries=deliveries,
        tasks=tasks,
        grants=grants,
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """What started a run: the first line of its story."""

    title: str
    words: str


def _begun(row: Any, names: Mapping[str, str]) -> Begun:
    if row.signal_kind:
        reading = evidence.read(row.signal_kind, row.evidence)
        return Begun(reading.title, reading.detail)
    cause = row.PlayRun.cause
    actor = str(cause.get("actor", ""))
    if cause.get("kind") == "condition":
        return Begun("The play's condition became true", "It did not hold when it was looked at before.")
    if cause.get("kind") == "bulk":
        return Begun(f"{names.get(actor, actor)} started it for many accounts at once", "")
    if cause.get("kind") == "person":
        return Begun(f"{names.get(actor, actor)} started it", "")
    return Begun("Started", "")


def _coming(session: Session, run: PlayRun) -> Told | None:
    """The step that acts next, in the words of the release that the run keeps; None after the last."""
    if run.state == "ended":
        return None
    release = runtime().releases.pinned(session, run.workspace_id, run.release)
    steps = release.programs.get((run.play, run.motion), ())
    place = run.step
    while place < len(steps) and isinstance(steps[place].step, WaitStep):
        place = steps[place].following
    return describe(steps[place].step, release.definitions) if place < len(steps) else None
