"""Signals: what was noticed, with evidence."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, caller, page_of, resource
from waypost_server.store import listing

blueprint = resource("signals", "Something noticed about an account or user, with its evidence.")
STATES = ["open", "closed"]


class SignalQuery(PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    kind = Id(load_default=None, metadata={"example": "usage_decay"})
    account_id = Id(load_default=None)


class Signal(Camel):
    """Something noticed."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    account_id = fields.String(required=True)
    user_id = fields.String(required=True, metadata={"description": "Empty for an account's signal."})
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    severity = fields.Float(required=True, metadata={"description": "0 to 1."})
    evidence = fields.Dict(keys=fields.String(), required=True)
    since = Time(required=True)
    opened_at = Time(required=True)
    closed_at = Time(required=True, allow_none=True)
    closed_reason = fields.String(required=True, allow_none=True)
    handling = fields.String(
        required=True,
        metadata={"description": "run: a play answers it; task: it joined an open task; none: nobody."},
    )
    handling_reason = fields.String(required=True)


@blueprint.route("/signals")
@blueprint.arguments(SignalQuery, location="query")
@blueprint.response(200, page_of(Signal))
def list_signals(query: dict[str, Any]) -> dict[str, Any]:
    """List signals, newest first"""
    after, limit = cursor.decode(query.pop("cursor"), (str,)), query.pop("limit")
    with runtime().db.read() as session:
        page = listing.page(
            session, caller().workspace_id, listing.SIGNALS, filters=query, after=after, limit=limit
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}
