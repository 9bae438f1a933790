"""Settings, Endpoints: where webhooks and chat messages go, how they have answered, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from waypost_server.channels.outcome import Sent
from waypost_server.console.access import login, needs, runtime
from waypost_server.domain.errors import BadInputError
from waypost_server.services import endpoints as deeds
from waypost_server.services.endpoint_secret import rotate_secret, show_secret
from waypost_server.services.try_endpoint import try_endpoint
from waypost_server.store.endpoints import Name
from waypost_server.store.sessions import SessionRecord


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/endpoints", "endpoints", endpoints)
    for name, view in (
        ("test", _view(send_test)),
        ("on", _view(enable)),
        ("off", _view(disable)),
        ("secret", secret),
        ("address", _view(set_address)),
    ):
        at = f"/settings/endpoints/<channel>/<name>/{name}"
        blueprint.add_url_rule(at, f"endpoint_{name}", needs("admin")(view), methods=["POST"])


def endpoints(shown: tuple[str, str] | None = None, problem: str | None = None) -> str:
    """Every endpoint with its state; `shown` is a webhook's name and its secret."""
    with runtime().db.read() as session:
        found = deeds.see_all(session, runtime(), login().workspace_id)
    return render_template(
        "console/settings_endpoints.html", endpoints=found, shown=shown, problem=problem, why_limit=deeds.WHY
    )


def send_test(who: SessionRecord, name: Name) -> str:
    """Try it now, and say what it answered."""
    outcome = try_endpoint(runtime(), who.workspace_id, name, actor=who.user_id)
    if isinstance(outcome, Sent):
        return f"{name[1]} took the test: {outcome.detail}"
    return f"{name[1]} did not take the test. {outcome.detail}"


def enable(who: SessionRecord, name: Name) -> str:
    """Switch it on; what waited goes."""
    freed = deeds.enable(runtime(), who.workspace_id, name, actor=who.user_id)
    waited = {0: "Nothing waited for it", 1: "One message that waited goes now"}.get(
        freed, f"{freed} messages that waited go now"
    )
    return f"{name[1]} is on. {waited}."


def disable(who: SessionRecord, name: Name) -> str:
    """Switch it off, saying why."""
    deeds.disable(runtime(), who.workspace_id, name, actor=who.user_id, why=request.form.get("why", ""))
    return f"{name[1]} is off. Messages to it wait, for 30 days at most."


def set_address(who: SessionRecord, name: Name) -> str:
    """Keep a chat room's secret address."""
    given = request.form.get("address", "")
    deeds.set_address(runtime(), who.workspace_id, name, actor=who.user_id, address=given)
    return f"The address of {name[1]} is kept. Send a test to see whether it works."


def secret(channel: str, name: str) -> Any:
    """Show the signing secret, or make a new one."""
    who = login()
    how = rotate_secret if request.form.get("rotate") else show_secret
    try:
        found = how(runtime(), who.workspace_id, name, actor=who.user_id)
    except BadInputError as error:
        return _refused(error)
    return endpoints(shown=(name, found))


def _view(deed: Callable[[SessionRecord, Name], str]) -> Callable[..., Any]:
    """A button of the page: do it, and say what became of it; what is refused is said on the page."""

    def view(channel: str, name: str) -> Any:
        try:
            said = deed(login(), (channel, name))
        except BadInputError as error:
            return _refused(error)
        flash(said)
        return redirect(url_for("console.endpoints"))

    return view


def _refused(error: BadInputError) -> Any:
    return endpoints(problem=error.message), error.status
