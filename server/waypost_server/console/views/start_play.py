"""A person starts a play, from the page of an account or a user."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from waypost_server.console.access import login, needs, runtime
from waypost_server.domain.definitions import Definitions
from waypost_server.domain.errors import BadInputError, ConflictError
from waypost_server.services.start_run import Wish, start_run


def add_to(blueprint: Blueprint) -> None:
    """Register the route."""
    blueprint.add_url_rule("/runs", "run_start", start, methods=["POST"])


@needs("csm")
def start() -> Any:
    """Start the play and show its run; where it may not start, back to the page with the reason."""
    who, form = login(), request.form
    wish = Wish(
        play=form.get("play", ""),
        account_id=form.get("account", ""),
        user_id=form.get("user", ""),
        occurrence=form.get("id", "")[:100],
        anyway=form.get("anyway") == "yes",
        actor=who.user_id,
    )
    try:
        run = start_run(runtime(), who.workspace_id, wish)
    except ConflictError as error:
        flash(f"Not started. {error.message} Tick “anyway” to start it all the same.", "attention")
    except BadInputError as error:
        if error.code != "user_required":
            raise
        flash(f"Not started. {error.message}", "attention")
    else:
        flash("Started. Each step is told here as it happens.")
        return redirect(url_for("console.run", run_id=run.id))
    if form.get("page") == "user":
        return redirect(url_for("console.user", user_id=wish.user_id))
    return redirect(url_for("console.account", account_id=wish.account_id))


def startable(definitions: Definitions | None, *, for_user: bool = False) -> list[tuple[str, str]]:
    """(key, title) of the plays that a person may start here, by title."""
    plays = definitions.plays if definitions else ()
    found = [each for each in plays if not for_user or each.subject == "user" or each.on.signal]
    return sorted(((each.key, each.title) for each in found), key=lambda pair: pair[1].lower())
