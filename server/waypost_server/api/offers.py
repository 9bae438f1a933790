"""Offers: nudges that were claimed for users, and what became of them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, caller, page_of, resource
from waypost_server.store import listing

blueprint = resource("offers", "A nudge that was claimed for a user, and what became of it.")
STATES = ["claimed", "shown", "closed", "lapsed"]


class OfferQuery(PageQuery):
    user_id = Id(load_default=None)
    account_id = Id(load_default=None)
    nudge = Id(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


class Offer(Camel):
    """One nudge for one user."""

    id = fields.String(required=True)
    account_id = fields.String(required=True)
    user_id = fields.String(required=True)
    nudge = fields.String(required=True)
    release = fields.Integer(required=True, strict=True)
    kind = fields.String(required=True, metadata={"description": "interrupting, passive or survey."})
    variant = fields.String(
        required=True, allow_none=True, metadata={"description": "Which words, if not the nudge's own."}
    )
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    claimed_at = Time(required=True)
    shown_at = Time(required=True, allow_none=True, metadata={"description": "In view for a second."})
    closed_at = Time(required=True, allow_none=True)
    reaction = fields.String(required=True, allow_none=True, metadata={"description": "What closed it."})
    snoozed_until = Time(required=True, allow_none=True)


@blueprint.route("/offers")
@blueprint.arguments(OfferQuery, location="query")
@blueprint.response(200, page_of(Offer))
def list_offers(query: dict[str, Any]) -> dict[str, Any]:
    """List offers, newest first"""
    after, limit = cursor.decode(query.pop("cursor"), (str,)), query.pop("limit")
    with runtime().db.read() as session:
        page = listing.page(
            session, caller().workspace_id, listing.OFFERS, filters=query, after=after, limit=limit
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}
