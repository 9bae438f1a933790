"""Settings, releases: what was published, by whom and when; what changed; and the way back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from waypost_server.console import cursors, diffs, strategic
from waypost_server.console.access import login, needs, runtime
from waypost_server.domain.errors import ConflictError
from waypost_server.services.apply import StrategicError
from waypost_server.services.compare_releases import Difference, compare_releases
from waypost_server.services.plan import plan
from waypost_server.services.publish import RefusedError
from waypost_server.services.rollback import rollback as publish_again
from waypost_server.services.rollback import undoes
from waypost_server.store import reports_settings
from waypost_server.store.releases import live_number

LAST = 2**31 - 1
MOST = 200  # definitions, and files, shown of one comparison


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    one = "/settings/releases/<int:number>"
    blueprint.add_url_rule("/settings/releases", "releases", releases)
    blueprint.add_url_rule("/settings/releases/compare", "releases_chosen", chosen)
    blueprint.add_url_rule("/settings/releases/<int:first>/to/<int:second>", "releases_compared", compared)
    blueprint.add_url_rule(one, "release", release)
    blueprint.add_url_rule(f"{one}/roll-back", "release_back", confirm)
    blueprint.add_url_rule(f"{one}/roll-back", "release_rolled_back", roll_back, methods=["POST"])


def releases() -> str:
    """The newest first."""
    who = login()
    after = cursors.read(request.args.get("after"), int)
    with runtime().db.read() as session:
        rows = reports_settings.releases(
            session, who.workspace_id, after=after[0] if after else None, limit=cursors.PAGE + 1
        )
        live = live_number(session, who.workspace_id)
    rows, more = cursors.split(rows)
    older = cursors.write(rows[-1].number) if more else None
    return render_template(
        "console/settings_releases.html",
        rows=rows,
        live=live,
        environments=any(row.environment for row in rows),
        older=url_for("console.releases", after=older) if older else None,
        first=url_for("console.releases") if after else None,
    )


def release(number: int) -> str:
    """One release: what it changed, and its files."""
    found, live = _found(number)
    previous = number - 1
    difference = compare_releases(runtime(), login().workspace_id, previous, number)
    return render_template(
        "console/settings_release.html",
        release=found,
        previous=previous,
        live=live,
        files=sorted(found.files.items()),
        **_shown(difference),
    )


def chosen() -> Any:
    """Two numbers from the form, as an address that can be kept."""
    first, second = (request.args.get(name, "") for name in ("first", "second"))
    if not (first.isdecimal() and second.isdecimal() and max(int(first), int(second)) <= LAST):
        abort(404)
    return redirect(url_for("console.releases_compared", first=int(first), second=int(second)))


def compared(first: int, second: int) -> str:
    """Any two releases, definition by definition, or line by line."""
    (one, live), (other, _) = _found(first), _found(second)
    by_line = request.args.get("by") == "line"
    difference = compare_releases(runtime(), login().workspace_id, first, second)
    return render_template(
        "console/settings_releases_compared.html",
        one=one,
        other=other,
        live=live,
        by_line=by_line,
        texts=_texts(difference) if by_line else (),
        **_shown(difference),
    )


@needs("author")
def confirm(number: int, problem: str | None = None) -> str:
    """What going back would change: definitions, people, runs under way; and the form that does it."""
    found, live = _found(number)
    who = login()
    if number == live:
        abort(404)
    (files, environment), _ = undoes(runtime(), who.workspace_id, number)
    try:
        planned, refused = plan(runtime(), who.workspace_id, files, environment=environment), None
    except RefusedError as error:
        planned, refused = None, error
    return render_template(
        "console/settings_release_back.html",
        release=found,
        live=live,
        plan=planned,
        errors=[each for each in refused.findings if each.severity == "error"] if refused else (),
        message=request.form.get("message", ""),
        problem=problem,
    )


@needs("author")
def roll_back(number: int) -> Any:
    """Publish it again, if what the page showed is still so."""
    who, form = login(), request.form
    base = form.get("base", "")
    if not base.isdecimal():
        abort(400)
    try:
        live, _ = publish_again(
            runtime(),
            who.workspace_id,
            number,
            author=who.email,
            message=form.get("message", "").strip()[:500],
            base=int(base),
            accept_strategic=strategic.is_accepted(),
        )
    except StrategicError:
        return confirm(number, problem=strategic.NEWLY_REACHED), 409
    except ConflictError as error:
        return confirm(number, problem=error.message), error.status
    flash(
        f"Release {live} is live, with the files of release {number}. Every server uses it in about a second."
    )
    return redirect(url_for("console.release", number=live))


def _found(number: int) -> tuple[Any, int | None]:
    """A release and the number of the live one; 404 when there is none of this number."""
    if number > LAST:
        abort(404)
    with runtime().db.read() as session:
        found = reports_settings.release(session, login().workspace_id, number)
        live = live_number(session, login().workspace_id)
    if found is None:
        abort(404)
    return found, live


def _shown(difference: Difference) -> dict[str, Any]:
    changes = difference.changes
    return {"changes": changes[:MOST], "more": max(0, len(changes) - MOST)}


def _texts(difference: Difference) -> list[tuple[str, list[diffs.Line]]]:
    """Each file that differs, with its lines."""
    before, after = difference.before, difference.after
    names = [name for name in sorted({**before, **after}) if before.get(name) != after.get(name)]
    return [(name, diffs.lines(before.get(name), after.get(name))) for name in names[:MOST]]
