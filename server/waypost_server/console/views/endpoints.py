"""Settings, Endpoints: where webhooks and chat messages go, how they have answered, and what can be done about it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from waypost_server.channels.outcome import Sent
from waypost_server.console.access import login, needs, runtime
from waypost_server.domain.errors import BadInputError
from waypost_server.services import endpoints as deeds
from waypost_server.services.endpoint_secret import rotate_secret, show_secret
from waypost_server.services.try_endpoint import try_endpoint


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/endpoints", "endpoints", endpoints)
    for name, view in (
        ("test", send_test),
        ("on", enable),
        ("off", disable),
        ("secret", secret),
        ("address", set_address),
    ):
        blueprint.add_url_rule(
            f"/settings/endpoints/<channel>/<name>/{name}", f"endpoint_{name}", view, methods=["POST"]
        )


def endpoints(shown: tuple[str, str] | None = None, problem: str | None = None) -> str:
    """Every endpoint with its state; `shown` is a webhook's name and its secret."""
    with runtime().db.read() as session:
        found = deeds.see_all(session, runtime(), login().workspace_id)
    return render_template(
        "console/settings_endpoints.html", endpoints=found, shown=shown, problem=problem, why_limit=deeds.WHY
    )


@needs("admin")
def send_test(channel: str, name: str) -> Any:
    """Try it now, and say what it answered."""
    who = login()
    try:
        outcome = try_endpoint(runtime(), who.workspace_id, (channel, name), actor=who.user_id)
    except BadInputError as error:
        return _refused(error)
    if isinstance(outcome, Sent):
        flash(f"{name} took the test: {outcome.detail}")
    else:
        flash(f"{name} did not take the test. {outcome.detail}")
    return redirect(url_for("console.endpoints"))


@needs("admin")
def enable(channel: str, name: str) -> Any:
    """Switch it on; what waited goes."""
    who = login()
    try:
        freed = deeds.enable(runtime(), who.workspace_id, (channel, name), actor=who.user_id)
    except BadInputError as error:
        return _refused(error)
    waited = {0: "Nothing waited for it", 1: "One message that waited goes now"}.get(
        freed, f"{freed} messages that waited go now"
    )
    flash(f"{name} is on. {waited}.")
    return redirect(url_for("console.endpoints"))


@needs("admin")
def disable(channel: str, name: str) -> Any:
    """Switch it off, saying why."""
    who = login()
    try:
        deeds.disable(
            runtime(), who.workspace_id, (channel, name), actor=who.user_id, why=request.form.get("why", "")
        )
    except BadInputError as error:
        return _refused(error)
    flash(f"{name} is off. Messages to it wait, for 30 days at most.")
    return redirect(url_for("console.endpoints"))


@needs("admin")
def secret(channel: str, name: str) -> Any:
    """Show the signing secret, or make a new one."""
    who = login()
    how = rotate_secret if request.form.get("rotate") else show_secret
    try:
        found = how(runtime(), who.workspace_id, name, actor=who.user_id)
    except BadInputError as error:
        return _refused(error)
    return endpoints(shown=(name, found))


@needs("admin")
def set_address(channel: str, name: str) -> Any:
    """Keep a chat room's secret address."""
    who, given = login(), request.form.get("address", "")
    try:
        deeds.set_address(runtime(), who.workspace_id, (channel, name), actor=who.user_id, address=given)
    except BadInputError as error:
        return _refused(error)
    flash(f"The address of {name} is kept. Send a test to see whether it works.")
    return redirect(url_for("console.endpoints"))


def _refused(error: BadInputError) -> Any:
    return endpoints(problem=error.message), error.status
