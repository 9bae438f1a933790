"""One user: traits, use, milestones, nudges."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for

from waypost_server.console.access import login, needs, runtime
from waypost_server.console.titles import titles
from waypost_server.console.views.start_play import startable
from waypost_server.console.words import sentence
from waypost_server.domain.errors import ConflictError
from waypost_server.services.addresses import address_hash
from waypost_server.services.allow_again import OURS_TO_UNDO, allow_again
from waypost_server.store import reports_usage, reports_users, suppressions


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/users/<ref:user_id>", "user", user)
    blueprint.add_url_rule("/users/<ref:user_id>/allow", "user_allow", allow, methods=["POST"])


def user(user_id: str) -> str:
    """Everything known about one user."""
    who = login()
    with runtime().db.read() as session:
        person = reports_users.one(session, who.workspace_id, user_id)
        if person is None:
            abort(404)
        key = (session, who.workspace_id, user_id)
        accounts = reports_users.accounts(*key)
        milestones = reports_users.milestones(*key)
        usage = reports_usage.of_user(*key)
        offers = reports_users.offers(*key)
        reactions = reports_users.reactions(*key)
        hashed = address_hash(runtime(), who.workspace_id, person.email or "")
        stopped = suppressions.reason(session, who.workspace_id, hashed)
        live = runtime().releases.live(session, who.workspace_id)
    definitions = live.definitions if live else None
    features = {each.key: each.title for each in definitions.catalog.features} if definitions else {}
    known = {each.key: each for each in definitions.journey.milestones} if definitions else {}
    did: dict[str, list[str]] = {}
    for each in reversed(reactions):
        did.setdefault(each.offer_id, []).append(each.reaction)
    return render_template(
        "console/user.html",
        person=person,
        accounts=accounts,
        stopped=stopped,
        may_allow=stopped in OURS_TO_UNDO,
        milestones=[(state, known.get(state.milestone)) for state in milestones],
        usage=[(row, features.get(row.feature) or sentence(row.feature)) for row in usage],
        offers=[(offer, did.get(offer.id, [])) for offer in offers],
        titles=titles(definitions),
        start_id=runtime().new_id(),
        startable=startable(definitions, for_user=True),
        traits=sorted(person.traits.items())[:60],
    )


@needs("csm")
def allow(user_id: str) -> Any:
    """Write to an address again that bounced."""
    who = login()
    try:
        allow_again(runtime(), who.workspace_id, user_id, actor=who.user_id)
    except ConflictError as error:
        flash(error.message)
    else:
        flash("Mail goes to this address again.")
    return redirect(url_for("console.user", user_id=user_id))
