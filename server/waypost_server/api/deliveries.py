"""Deliveries: every message to every recipient, and each try."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, caller, found, page_of, path_id, resource
from waypost_server.services.resend import resend as send_again
from waypost_server.store import listing, profiles
from waypost_server.store.reports_deliveries import STATES

blueprint = resource("deliveries", "One message to one recipient through one channel.")


class DeliveryQuery(PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    account_id = Id(load_default=None)


class Delivery(Camel):
    """One message to one recipient."""

    id = fields.String(required=True)
    account_id = fields.String(required=True)
    user_id = fields.String(required=True)
    run_id = fields.String(required=True)
    play = fields.String(required=True)
    release = fields.Integer(required=True, strict=True)
    channel = fields.String(required=True, metadata={"example": "email"})
    template = fields.String(required=True)
    person = fields.String(
        required=True,
        metadata={"description": "The console user's id of who sends it; empty when software does."},
    )
    task_id = fields.String(required=True, metadata={"description": "The task whose draft it was."})
    recipient = fields.String(required=True)
    subject = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    reason = fields.String(required=True, metadata={"description": "Why it ended as it did."})
    created_at = Time(required=True)
    not_before = Time(required=True)
    expires_at = Time(required=True)
    ended_at = Time(required=True, allow_none=True)


class Attempt(Camel):
    """One try of a delivery."""

    n = fields.Integer(required=True, strict=True)
    at = Time(required=True)
    outcome = fields.String(required=True)
    detail = fields.String(required=True)


class DeliveryDetail(Delivery):
    """A delivery with its text and every try."""

    body = fields.String(required=True)
    attempts = fields.List(fields.Nested(Attempt), required=True)


@blueprint.route("/deliveries")
@blueprint.arguments(DeliveryQuery, location="query")
@blueprint.response(200, page_of(Delivery))
def list_deliveries(query: dict[str, Any]) -> dict[str, Any]:
    """List deliveries, newest first"""
    after, limit = cursor.decode(query.pop("cursor"), (str,)), query.pop("limit")
    with runtime().db.read() as session:
        page = listing.page(
            session, caller().workspace_id, listing.DELIVERIES, filters=query, after=after, limit=limit
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}


@blueprint.route("/deliveries/<delivery_id>")
@blueprint.response(200, DeliveryDetail)
def get_delivery(delivery_id: str) -> dict[str, Any]:
    """One delivery with its attempts"""
    workspace, delivery_id = caller().workspace_id, path_id(delivery_id)
    with runtime().db.read() as session:
        delivery = found(profiles.delivery(session, workspace, delivery_id))
        tries = profiles.attempts(session, workspace, delivery_id)
    names = [name for name in DeliveryDetail().fields if name != "attempts"]
    return {**{name: getattr(delivery, name) for name in names}, "attempts": tries}


@blueprint.route("/deliveries/<delivery_id>/resend", methods=["POST"])
@blueprint.response(200, Delivery)
def resend(delivery_id: str) -> Any:
    """Send it again under the same id: what failed, expired or is unknown; a webhook also when it was sent"""
    actor = f"key {caller().key_id}"
    return send_again(runtime(), caller().workspace_id, path_id(delivery_id), actor=actor)
