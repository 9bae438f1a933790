"""Acme Automations, the web application.

Everything about Waypost in it is what a customer would write: `report` on the server through the Python SDK,
and the script tag with `waypost.init` in `templates/page.html`. Look for "waypost" to see all of it.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Flask, abort, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

import waypost
from waypost_server.demo.cast import Customer, Person, customers, lead
from waypost_server.demo.state import State

REPORTS = {"time-saved": "Time saved", "failed-runs": "Failed runs", "team-activity": "Team activity"}
SERVICES = ("Slack", "Salesforce", "Google Sheets", "Jira")
SOURCES = ("A form is submitted", "An order is created", "Every weekday at 9:00")
STEPS = ("Send an e-mail", "Create a task", "Update the CRM", "Post to a channel")


@dataclass(frozen=True, slots=True)
class Options:
    """Where Waypost is and the two keys it gave us."""

    host: str
    public_key: str
    secret_key: str
    token_secret: str | None
    workspace: str
    state: Path

    @classmethod
    def from_env(cls) -> Options:
        """Read WAYPOST_* variables, and keep our own data beside Waypost's when that is on this machine."""
        env = os.environ
        return cls(
            host=env["WAYPOST_URL"],
            public_key=env["WAYPOST_PUBLIC_KEY"],
            secret_key=env["WAYPOST_SECRET_KEY"],
            token_secret=env.get("WAYPOST_TOKEN_SECRET"),
            workspace=env.get("WAYPOST_WORKSPACE", ""),
            state=Path(env.get("WAYPOST_DATA", ".")) / "acme.db",
        )


def create_product(options: Options | None = None) -> Flask:
    """The application, with its own Waypost client."""
    options = options or Options.from_env()
    app = Flask("acme", template_folder=str(Path(__file__).parent / "templates"),
                static_folder=str(Path(__file__).parent / "static"))  # fmt: skip
    app.secret_key = secrets.token_hex(32)
    app.config.update(SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_NAME="acme")
    client = waypost.Waypost(options.secret_key, host=options.host)
    app.extensions["acme"] = (options, State(options.state), client)
    everybody = customers(datetime.now(UTC))  # noqa: TID251 - a product has its own clock
    people = {person.id: (customer, person) for customer in everybody for person in customer.people}
    app.config["ACME_PEOPLE"], app.config["ACME_GUESTS"] = people, _guests(everybody)
    _add_pages(app)
    _add_editor(app)
    app.before_request(_who)
    app.after_request(_protect)
    return app


def report(event: str, **properties: Any) -> None:
    """Tell Waypost what the person did. Never blocks, never raises."""
    _, _, client = _parts()
    client.track(g.person.id, event, properties, account_id=g.customer.id)


def _add_pages(app: Flask) -> None:
    app.add_url_rule("/", "home", home)
    app.add_url_rule("/enter/<person>", "enter", enter, methods=["POST"])
    app.add_url_rule("/leave", "leave", leave, methods=["POST"])
    app.add_url_rule("/reports", "reports", signed_in(reports))
    app.add_url_rule("/reports/<key>", "one_report", signed_in(one_report))
    app.add_url_rule("/reports/<key>/export", "export", signed_in(export), methods=["POST"])
    app.add_url_rule("/reports/<key>/schedule", "schedule", signed_in(schedule), methods=["POST"])
    app.add_url_rule("/team", "team", signed_in(team))
    app.add_url_rule("/team/invite", "invite", signed_in(invite), methods=["POST"])
    app.add_url_rule("/integrations", "integrations", signed_in(integrations))
    app.add_url_rule("/integrations/<name>", "connect", signed_in(connect), methods=["POST"])


def _add_editor(app: Flask) -> None:
    app.add_url_rule("/automations", "automations", signed_in(automations))
    app.add_url_rule("/automations/new", "new_automation", signed_in(new_automation), methods=["GET", "POST"])
    app.add_url_rule("/automations/<int:number>", "automation", signed_in(automation))
    app.add_url_rule(
        "/automations/<int:number>/source", "set_source", signed_in(set_source), methods=["POST"]
    )
    app.add_url_rule("/automations/<int:number>/steps", "add_step", signed_in(add_step), methods=["POST"])
    app.add_url_rule("/automations/<int:number>/launch", "launch", signed_in(launch), methods=["POST"])


def signed_in(view: Any) -> Any:
    """Send strangers to the start page."""

    @wraps(view)
    def guarded(**arguments: Any) -> Any:
        return view(**arguments) if g.person else redirect(url_for("home"))

    return guarded


# --- pages ----------------------------------------------------------------------------------------
def home() -> Any:
    """Choose who to be."""
    return (
        redirect(url_for("automations")) if g.person else _page("enter.html", guests=_config("ACME_GUESTS"))
    )


def enter(person: str) -> Response:
    """Sign in as one of the cast."""
    if person not in _config("ACME_PEOPLE"):
        abort(404)
    session["person"] = person
    _who()
    report("Signed In")
    return redirect(url_for("automations"))


def leave() -> Response:
    """Sign out."""
    session.clear()
    return redirect(url_for("home"))


def automations() -> str:
    """The list."""
    return _page("automations.html", rows=_state().automations(g.customer.id))


def new_automation() -> Any:
    """Name it, then edit it."""
    if request.method == "GET":
        return _page("new.html")
    number = _state().create(
        g.customer.id, request.form.get("name", "").strip()[:80] or "Untitled automation"
    )
    report("Automation Created")
    return redirect(url_for("automation", number=number))


def automation(number: int) -> str:
    """The editor. Its two selects report from the browser, the launch button from here."""
    found = _state().automation(g.customer.id, number) or abort(404)
    return _page("automation.html", automation=found, sources=SOURCES, steps=STEPS)


def set_source(number: int) -> Response:
    """Called by the editor's script, which reports "Trigger Added" itself."""
    _state().set_source(g.customer.id, number, _choice(SOURCES))
    return Response(status=204)


def add_step(number: int) -> Response:
    """Called by the editor's script, which reports "Step Added" itself."""
    _state().add_step(g.customer.id, number, _choice(STEPS))
    return Response(status=204)


def launch(number: int) -> Response:
    """Switch it on, and run it once."""
    _state().launch(g.customer.id, number)
    report("Automation Launched", automation=number)
    report("Automation Run", automation=number)
    return redirect(url_for("automation", number=number))


def reports() -> str:
    """The list of reports."""
    return _page("reports.html", reports=REPORTS, schedules=_state().schedules(g.customer.id))


def one_report(key: str) -> str:
    """One report; viewing it is reported by the browser."""
    title = REPORTS.get(key) or abort(404)
    bars = [(day, 20 + (sum(map(ord, g.customer.id + key)) * (i + 3)) % 70) for i, day in enumerate("MTWTF")]
    return _page(
        "report.html", key=key, title=title, bars=bars, scheduled=key in _state().schedules(g.customer.id)
    )


def export(key: str) -> Response:
    """A CSV file."""
    title = REPORTS.get(key) or abort(404)
    report("Report Exported", report=key)
    return Response(f"report,value\r\n{title},42\r\n", mimetype="text/csv",
                    headers={"Content-Disposition": f'attachment; filename="{key}.csv"'})  # fmt: skip


def schedule(key: str) -> Response:
    """Every Monday from now on."""
    if key not in REPORTS:
        abort(404)
    _state().schedule(g.customer.id, key)
    report("Report Scheduled", report=key)
    return redirect(url_for("one_report", key=key))


def team() -> str:
    """Who is here, and who was invited."""
    return _page("team.html", people=g.customer.people, invited=_state().teammates(g.customer.id))


def invite() -> Response:
    """Invite a colleague."""
    email = request.form.get("email", "").strip()[:120]
    if "@" in email:
        _state().invite(g.customer.id, email)
        report("Teammate Invited")
    return redirect(url_for("team"))


def integrations() -> str:
    """Services to connect."""
    return _page("integrations.html", services=SERVICES, connected=_state().integrations(g.customer.id))


def connect(name: str) -> Response:
    """Connect one."""
    if name not in SERVICES:
        abort(404)
    _state().connect(g.customer.id, name)
    report("Integration Connected", integration=name)
    return redirect(url_for("integrations"))


# --- what every page needs ------------------------------------------------------------------------
def _parts() -> tuple[Options, State, waypost.Waypost]:
    from flask import current_app

    parts: tuple[Options, State, waypost.Waypost] = current_app.extensions["acme"]
    return parts


def _state() -> State:
    return _parts()[1]


def _config(name: str) -> Any:
    from flask import current_app

    return current_app.config[name]


def _choice(allowed: tuple[str, ...]) -> str:
    value = (request.get_json(silent=True) or {}).get("value")
    if not isinstance(value, str) or value not in allowed:
        abort(400)
    return value


def _who() -> None:
    """Who is signed in, from our own session."""
    found = _config("ACME_PEOPLE").get(session.get("person", ""))
    g.customer, g.person = found or (None, None)


def _page(template: str, **values: Any) -> str:
    options = _parts()[0]
    return render_template(
        template, customer=g.customer, person=g.person, waypost=options, token=_token(), **values
    )


def _token() -> str | None:
    """Proof for the browser SDK that this person is who the page says, signed with our token secret."""
    options = _parts()[0]
    if g.person is None or options.token_secret is None:
        return None
    return waypost.user_token(g.person.id, options.token_secret, workspace=options.workspace)


def _protect(response: Response) -> Response:
    """A strict policy: Waypost needs its host for script and connections, and nothing else."""
    host = _parts()[0].host
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' {host}; connect-src 'self' {host}; style-src 'self'; img-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _guests(everybody: tuple[Customer, ...]) -> list[tuple[Customer, Person, str]]:
    first = lead(everybody)
    healthy = next(c for c in everybody if not c.is_strategic and c.health == "healthy")
    strategic = next(c for c in everybody if c.is_strategic)
    return [
        (
            first,
            first.people[0],
            "Nine days in, nothing launched yet. Build an automation and see what helps.",
        ),
        (healthy, healthy.people[0], "Six months in and using it every week."),
        (
            strategic,
            strategic.people[0],
            "A strategic account: people look after it, so nothing automated reaches it.",
        ),
    ]
