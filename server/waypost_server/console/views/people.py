"""Settings, people: who may use the console."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from waypost_server.console.access import login, needs, runtime
from waypost_server.console.form_day import form_day
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.policy import TaskPolicy
from waypost_server.services.console_login import ROLES, make_login_link
from waypost_server.services.console_users import (
    NewPerson,
    add_console_user,
    change_role,
    disable_console_user,
    let_back_in,
)
from waypost_server.services.person_settings import set_away, set_capacity
from waypost_server.store import console_users

MEANINGS = {
    "viewer": "sees everything, changes nothing",
    "author": "also writes nudges and plays",
    "csm": "also works the queue",
    "approver": "also approves what goes to many people",
    "admin": "also manages keys and people",
}


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/people", "people", people)
    blueprint.add_url_rule("/settings/people", "person_add", add, methods=["POST"])
    blueprint.add_url_rule("/settings/people/<ref:user_id>/link", "person_link", link, methods=["POST"])
    blueprint.add_url_rule("/settings/people/<ref:user_id>/role", "person_role", role, methods=["POST"])
    blueprint.add_url_rule(
        "/settings/people/<ref:user_id>/disable", "person_disable", disable, methods=["GET", "POST"]
    )
    blueprint.add_url_rule("/settings/people/<ref:user_id>/enable", "person_enable", enable, methods=["POST"])
    blueprint.add_url_rule(
        "/settings/people/<ref:user_id>/capacity", "person_capacity", capacity, methods=["POST"]
    )
    blueprint.add_url_rule("/settings/people/<ref:user_id>/away", "person_away", away, methods=["POST"])


def people(link_for: Any = None, url: str | None = None, problem: str | None = None) -> str:
    """Everybody with access."""
    with runtime().db.read() as session:
        rows = console_users.page(session, login().workspace_id)
        live = runtime().releases.live(session, login().workspace_id)
    return render_template(
        "console/settings_people.html",
        people=rows,
        usual=(live.definitions.policy.tasks if live else TaskPolicy()).capacity,
        roles=ROLES,
        meanings=MEANINGS,
        link_for=link_for,
        url=url,
        problem=problem,
    )


@needs("admin")
def add() -> Any:
    """Let somebody in; their login link is shown this once."""
    who, form = login(), request.form
    person = NewPerson(
        email=form.get("email", "").replace("\x00", ""),
        name=form.get("name", "").replace("\x00", ""),
        role=form.get("role", ""),
        password=form.get("password") or None,
    )
    try:
        user_id = add_console_user(runtime(), who.workspace_id, person, actor=who.user_id)
    except BadInputError as error:
        return people(problem=error.message), error.status
    return _show_link(user_id)


@needs("admin")
def link(user_id: str) -> Any:
    """A fresh login link for somebody."""
    return _show_link(user_id)


@needs("admin")
def disable(user_id: str) -> Any:
    """Ask once, naming the person; then shut them out."""
    who = login()
    if request.method == "POST":
        disable_console_user(runtime(), who.workspace_id, user_id, actor=who.user_id)
        flash("Disabled. Their sessions and links ended at once.")
        return redirect(url_for("console.people"))
    return render_template("console/settings_person_disable.html", person=_person(user_id))


@needs("admin")
def enable(user_id: str) -> Any:
    """Let somebody in again."""
    who = login()
    let_back_in(runtime(), who.workspace_id, user_id, actor=who.user_id)
    flash("Let in again, with the role and the password of before.")
    return redirect(url_for("console.people"))


@needs("admin")
def role(user_id: str) -> Any:
    """Another role for somebody."""
    who = login()
    change_role(runtime(), who.workspace_id, user_id, request.form.get("role", ""), actor=who.user_id)
    flash("Saved. It holds from their next click on.")
    return redirect(url_for("console.people"))


@needs("approver")
def capacity(user_id: str) -> Any:
    """How many tasks a week somebody gets."""
    given = request.form.get("capacity", "").strip()
    if given and not (given.isascii() and given.isdigit() and len(given) <= 4):
        raise BadInputError("Write a whole number, or nothing for the usual one.", code="bad_capacity")
    who = login()
    set_capacity(runtime(), who.workspace_id, user_id, int(given) if given else None, actor=who.user_id)
    flash("Saved. What is held back or released changes within seconds.")
    return redirect(url_for("console.people"))


@needs("approver")
def away(user_id: str) -> Any:
    """Until when somebody gets no new tasks."""
    who = login()
    set_away(runtime(), who.workspace_id, user_id, form_day("away_until"), actor=who.user_id)
    flash("Saved.")
    return redirect(url_for("console.people"))


def _show_link(user_id: str) -> str:
    url = make_login_link(runtime(), login().workspace_id, user_id, actor=login().user_id)
    return people(link_for=_person(user_id), url=url)


def _person(user_id: str) -> Any:
    with runtime().db.read() as session:
        person = console_users.get(session, login().workspace_id, user_id)
    if person is None:
        abort(404)
    return person
