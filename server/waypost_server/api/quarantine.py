"""Quarantine: events that were refused, and why."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, caller, page_of, resource
from waypost_server.store import listing

blueprint = resource("quarantine", "Events that were refused, for a person to look at.")


class QuarantineQuery(PageQuery):
    code = Id(load_default=None, metadata={"description": "Only this reason."})


class Quarantined(Camel):
    """A refused event."""

    id = fields.Integer(required=True, strict=True)
    received_at = Time(required=True)
    message_id = fields.String(required=True, allow_none=True)
    code = fields.String(required=True)
    message = fields.String(required=True)
    body_head = fields.String(required=True, metadata={"description": "The first 2,000 characters."})


@blueprint.route("/quarantine")
@blueprint.arguments(QuarantineQuery, location="query")
@blueprint.response(200, page_of(Quarantined))
def list_quarantine(query: dict[str, Any]) -> dict[str, Any]:
    """List refused events, newest first"""
    after, limit = cursor.decode(query.pop("cursor"), (int,)), query.pop("limit")
    with runtime().db.read() as session:
        page = listing.page(
            session, caller().workspace_id, listing.QUARANTINE, filters=query, after=after, limit=limit
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}
