"""Settings: the workspace, keys, the audit log, quarantine."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from waypost_server.console import cursors
from waypost_server.console.access import login, needs, runtime
from waypost_server.domain.errors import BadInputError
from waypost_server.services import keys as key_services
from waypost_server.services.console_secret import reveal_token_secret
from waypost_server.store import audit, console_users, reports_settings

ABOUT = {  # the noun of an action → what it is called
    "account": "Accounts",
    "console_user": "People",
    "delivery": "Messages",
    "draft": "Drafts",
    "endpoint": "Endpoints",
    "key": "Keys",
    "play": "Plays",
    "release": "Releases",
    "run": "Runs",
    "sending": "Kill switches",
    "task": "Tasks",
    "workspace": "The workspace",
}


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings", "settings", settings)
    blueprint.add_url_rule("/settings/token-secret", "token_secret", token_secret, methods=["POST"])
    blueprint.add_url_rule("/settings/keys", "keys", keys)
    blueprint.add_url_rule("/settings/keys", "key_create", create_key, methods=["POST"])
    blueprint.add_url_rule(
        "/settings/keys/<ref:key_id>/revoke", "key_revoke", revoke_key, methods=["GET", "POST"]
    )
    blueprint.add_url_rule("/settings/audit", "audit", audit_log)
    blueprint.add_url_rule("/settings/quarantine", "quarantine", quarantine)


def settings() -> str:
    """The workspace: name, mode, zone, sending."""
    return _workspace()


@needs("admin")
def token_secret() -> str:
    """Show the secret that signs user tokens; that it was shown is written down."""
    who = login()
    return _workspace(reveal_token_secret(runtime(), who.workspace_id, actor=who.user_id))


def _workspace(secret: str | None = None) -> str:
    who = login()
    with runtime().db.read() as session:
        found = reports_settings.workspace(session, who.workspace_id)
        if found is None:
            abort(404)
    return render_template("console/settings_workspace.html", workspace=found, secret=secret)


def keys(made: Any = None, problem: str | None = None) -> str:
    """API keys; a new one's text is shown this once."""
    who = login()
    with runtime().db.read() as session:
        rows = reports_settings.keys(session, who.workspace_id)
    return render_template("console/settings_keys.html", keys=rows, made=made, problem=problem)


@needs("admin")
def create_key() -> Any:
    """Make a key and show it."""
    who, form = login(), request.form
    try:
        made = key_services.create_key(
            runtime(),
            who.workspace_id,
            kind=form.get("kind", ""),
            name=form.get("name", "").replace("\x00", ""),
            actor=who.user_id,
        )
    except BadInputError as error:
        return keys(problem=error.message), error.status
    return keys(made=made)


@needs("admin")
def revoke_key(key_id: str) -> Any:
    """Ask once, naming the key; then stop it."""
    who = login()
    if request.method == "POST":
        key_services.revoke_key(runtime(), who.workspace_id, key_id, actor=who.user_id)
        flash("Revoked. The key stops working within five seconds.")
        return redirect(url_for("console.keys"))
    with runtime().db.read() as session:
        found = next((k for k in reports_settings.keys(session, who.workspace_id) if k.id == key_id), None)
    if found is None:
        abort(404)
    return render_template("console/settings_key_revoke.html", key=found)


@needs("admin")
def audit_log() -> str:
    """Who changed what, the newest first; of one person, about one kind of thing."""
    who = login()
    after = cursors.read(request.args.get("after"), str)
    about = request.args.get("about") if request.args.get("about") in ABOUT else None
    with runtime().db.read() as session:
        names = console_users.names(session, who.workspace_id)
        person = request.args.get("person") if request.args.get("person") in names else None
        rows = audit.page(
            session,
            who.workspace_id,
            actor=person,
            about=about,
            after=after[0] if after else None,
            limit=cursors.PAGE + 1,
        )
    rows, more = cursors.split(rows)
    older = cursors.write(rows[-1].id) if more else None
    kept: dict[str, Any] = {"person": person, "about": about}
    return render_template(
        "console/settings_audit.html",
        rows=rows,
        names=names,
        kept=kept,
        kinds=ABOUT,
        older=url_for("console.audit", after=older, **kept) if older else None,
        first=url_for("console.audit", **kept) if after else None,
    )


def quarantine() -> str:
    """Refused events with their reasons."""
    who = login()
    code = request.args.get("code", "")[:100].replace("\x00", "") or None
    after = cursors.read(request.args.get("after"), int)
    with runtime().db.read() as session:
        rows = reports_settings.quarantine(
            session, who.workspace_id, code=code, after=after[0] if after else None, limit=cursors.PAGE + 1
        )
    rows, more = cursors.split(rows)
    older = cursors.write(rows[-1].id) if more else None
    return render_template(
        "console/settings_quarantine.html",
        rows=rows,
        code=code,
        older=url_for("console.quarantine", code=code, after=older) if older else None,
        first=url_for("console.quarantine", code=code) if after else None,
    )
