"""How an account is served: a person sets it for a while, or lets the rule decide again."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, Response, flash, redirect, request, url_for

from waypost_server.console import words
from waypost_server.console.access import login, needs, runtime
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.local_day import start_of
from waypost_server.services import motion


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for endpoint, view in (("motion_set", set_motion), ("motion_withdraw", withdraw)):
        verb = endpoint.removeprefix("motion_")
        blueprint.add_url_rule(
            f"/accounts/<ref:account_id>/motion/{verb}", endpoint, needs("csm")(view), methods=["POST"]
        )


def set_motion(account_id: str) -> Response:
    """From now on, until the day that was chosen."""
    form, who = request.form, login()
    word = motion.Word(
        form.get("motion", ""), _start_of(form.get("until", "")), form.get("reason", ""), who.user_id
    )
    standing = motion.set_motion(runtime(), who.workspace_id, account_id, word)
    flash(f"Served as {words.humanise(standing.motion)} until {words.day(standing.until)}.")
    return _back(account_id)


def withdraw(account_id: str) -> Response:
    """The rule decides again."""
    who = login()
    rule = motion.withdraw_motion(runtime(), who.workspace_id, account_id, person=who.user_id)
    flash(f"The rule decides again: {words.humanise(rule) if rule else 'no motion'}.")
    return _back(account_id)


def _start_of(given: str) -> datetime:
    try:
        return start_of(date.fromisoformat(given), words.zone())
    except (ValueError, OverflowError) as error:
        raise BadInputError("Choose the day on which the rule counts again.") from error


def _back(account_id: str) -> Response:
    return redirect(url_for("console.account", account_id=account_id))  # type: ignore[return-value]
