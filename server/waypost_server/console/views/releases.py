"""Settings, releases: what was published, by whom and when."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for

from waypost_server.console import cursors
from waypost_server.console.access import login, runtime
from waypost_server.store import reports_settings
from waypost_server.store.releases import live_number


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/releases", "releases", releases)
    blueprint.add_url_rule("/settings/releases/<int:number>", "release", release)


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
        older=url_for("console.releases", after=older) if older else None,
        first=url_for("console.releases") if after else None,
    )


def release(number: int) -> str:
    """One release with its files."""
    who = login()
    if number > 2**31 - 1:
        abort(404)
    with runtime().db.read() as session:
        found = reports_settings.release(session, who.workspace_id, number)
        live = live_number(session, who.workspace_id)
    if found is None:
        abort(404)
    return render_template(
        "console/settings_release.html", release=found, files=sorted(found.files.items()), live=live
    )
