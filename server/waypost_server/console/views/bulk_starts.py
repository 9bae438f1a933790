"""A play started for many accounts at once: the form, and how far it has come."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from waypost_server.console.access import login, needs, runtime
from waypost_server.console.conditions import Reader
from waypost_server.console.words import number, plural
from waypost_server.definitions.strict_yaml import YamlProblemError, read
from waypost_server.domain.conditions import ConditionError
from waypost_server.domain.definitions import Condition
from waypost_server.domain.errors import BadInputError
from waypost_server.services.bulk_sift import Foreseen, foresee
from waypost_server.services.bulk_start import begin_bulk, stop_bulk
from waypost_server.store import bulk_starts, console_users, play_pauses
from waypost_server.store.tables import BulkStart

MOST = 10_000  # characters of a condition


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/plays/<ref:key>/start", "play_start", form)
    blueprint.add_url_rule("/plays/<ref:key>/start", "play_start_now", start, methods=["POST"])
    blueprint.add_url_rule("/bulk-starts/<ref:bulk_id>", "bulk_start", progress)
    blueprint.add_url_rule("/bulk-starts/<ref:bulk_id>/stop", "bulk_stop", stop, methods=["POST"])


@needs("author")
def form(key: str, *, text: str = "", problem: str = "", seen: Foreseen | None = None) -> Any:
    """Which accounts? A condition as in the files; empty means all. `seen` is what starting would do."""
    who = login()
    with runtime().db.read() as session:
        live = runtime().releases.live(session, who.workspace_id)
        earlier = bulk_starts.of_play(session, who.workspace_id, key)
        pause = play_pauses.of_workspace(session, who.workspace_id).get(key)
    play = live.plays.get(key) if live else None
    if play is None:
        abort(404)
    page = render_template(
        "console/play_start.html",
        play=play,
        text=text,
        problem=problem,
        seen=seen,
        earlier=earlier,
        pause=pause,
    )
    return (page, 400) if problem else page


@needs("author")
def start(key: str) -> Any:
    """First say whom it means; asked a second time begin, and show the progress."""
    who, text = login(), request.form.get("where", "")[:MOST]
    try:
        condition = _condition(text)
        if request.form.get("sure") != "yes":
            return form(key, text=text, seen=foresee(runtime(), who.workspace_id, key, condition))
        row = begin_bulk(runtime(), who.workspace_id, key, condition, actor=who.user_id)
    except YamlProblemError as error:
        return form(key, text=text, problem=f"{error.problem.message}: {error.problem.remedy}.")
    except ConditionError as error:
        return form(key, text=text, problem=f"{error.message}: {error.remedy}.")
    except BadInputError as error:
        if error.status == 404:
            raise
        return form(key, text=text, problem=error.message)
    return redirect(url_for("console.bulk_start", bulk_id=row.id))


def progress(bulk_id: str) -> str:
    """How far it has come; a script looks again while it runs, and a link does without one."""
    who = login()
    with runtime().db.read() as session:
        row = bulk_starts.one(session, who.workspace_id, bulk_id)
        live = runtime().releases.live(session, who.workspace_id)
        names = console_users.names(session, who.workspace_id)
        pauses = play_pauses.of_workspace(session, who.workspace_id)
    if row is None or live is None:
        abort(404)
    play = live.plays.get(row.play)
    return render_template(
        "console/bulk_start.html",
        bulk=row,
        title=play.title if play else row.play,
        actor=names.get(row.actor, row.actor),
        lines=Reader(live.definitions).lines(row.condition),
        held=sorted(row.held.items(), key=lambda pair: -pair[1]),
        pause=pauses.get(row.play),
        said=_said(row),
        percent=100 if row.state == "done" else min(99, 100 * row.looked_at // max(1, row.total)),
    )


@needs("author")
def stop(bulk_id: str) -> Any:
    """Go no further."""
    who = login()
    stop_bulk(runtime(), who.workspace_id, bulk_id, actor=who.user_id)
    flash("Stopped. Runs that began go on; each can be stopped on its page.")
    return redirect(url_for("console.bulk_start", bulk_id=bulk_id))


def _said(row: BulkStart) -> str:
    """How far it is, in a sentence."""
    runs = plural(row.started, "run")
    if row.state == "done":
        return f"Done: {runs} started"
    if row.state == "stopped":
        return f"Stopped after {plural(row.looked_at, 'account')}: {runs} started"
    return f"{number(row.looked_at)} of {plural(row.total, 'account')} looked at, {runs} started"


def _condition(text: str) -> Condition:
    """The condition as it was typed: YAML, or JSON. Raises YamlProblemError, BadInputError."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = read("condition", text).data
    if not isinstance(found, dict):
        raise BadInputError("A condition is facts and values, such as account.plan: growth.")
    return found
