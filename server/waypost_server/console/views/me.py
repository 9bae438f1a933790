"""What you chose for yourself: your zone, your mail, your calendar, your password."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for

from waypost_server.console.access import clear_session, login, runtime, set_session, visitor
from waypost_server.console.form_day import form_day
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.notices import KINDS, wants
from waypost_server.services.calendar_feed import make_address, revoke_address
from waypost_server.services.console_login import log_out_everywhere
from waypost_server.services.console_password import SHORTEST, change_password
from waypost_server.services.person_settings import choose, set_away
from waypost_server.store import console_users


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/me", "me", me)
    blueprint.add_url_rule("/me", "me_save", save, methods=["POST"])
    blueprint.add_url_rule("/me/away", "me_away", away, methods=["POST"])
    blueprint.add_url_rule("/me/password", "password_change", password, methods=["POST"])
    blueprint.add_url_rule("/me/log-out", "everywhere_log_out", log_out, methods=["POST"])
    blueprint.add_url_rule("/me/calendar", "calendar_make", make, methods=["POST"])
    blueprint.add_url_rule("/me/calendar/revoke", "calendar_revoke", revoke, methods=["POST"])


def me(address: str | None = None, problem: str | None = None) -> str:
    """The page; a new calendar's address is shown this once. `problem`: why the password stays as it is."""
    who = login()
    with runtime().db.read() as session:
        person = console_users.get(session, who.workspace_id, who.user_id)
    assert person is not None  # the login belongs to them
    return render_template(
        "console/me.html",
        person=person,
        kinds=[(kind, words, wants(person.notices, kind)) for kind, words in KINDS.items()],
        zones=sorted(available_timezones()),
        address=address,
        problem=problem,
        shortest=SHORTEST,
    )


def save() -> Any:
    """Keep zone and mail."""
    who, form = login(), request.form
    choose(
        runtime(),
        who.workspace_id,
        who.user_id,
        timezone=form.get("timezone", "").strip(),
        notices=form.getlist("notice"),
    )
    flash("Saved.")
    return redirect(url_for("console.me"))


def away() -> Any:
    """Until when no new tasks come."""
    who = login()
    set_away(runtime(), who.workspace_id, who.user_id, form_day("away_until"), actor=who.user_id)
    flash("Saved.")
    return redirect(url_for("console.me"))


def password() -> Any:
    """Another password; every other browser is logged out."""
    given = {name: request.form.get(name, "") for name in ("current", "new")}
    try:
        opened = change_password(runtime(), login(), visitor(), **given)
    except BadInputError as error:
        return me(problem=error.message), error.status
    flash("Your password is changed. You are logged out everywhere else.")
    return set_session(redirect(url_for("console.me")), opened)  # type: ignore[arg-type]


def log_out() -> Any:
    """End every session, this one too."""
    log_out_everywhere(runtime(), login())
    return clear_session(redirect(url_for("console.login")))  # type: ignore[arg-type]


def make() -> str:
    """A new address; the old one ends."""
    return me(make_address(runtime(), login().workspace_id, login().user_id))


def revoke() -> Any:
    """No address any more."""
    revoke_address(runtime(), login().workspace_id, login().user_id)
    flash("The address has ended. Calendars that use it will stop updating.")
    return redirect(url_for("console.me"))
