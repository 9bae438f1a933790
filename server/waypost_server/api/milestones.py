"""Milestones: who reached which, and how far the others are."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, caller, page_of, resource
from waypost_server.store import listing
from waypost_server.store.tables import Membership, MilestoneState

blueprint = resource("milestones", "Named outcomes on the journey, of accounts and of users.")


class MilestoneQuery(PageQuery):
    account_id = Id(load_default=None)
    user_id = Id(load_default=None, metadata={"description": "Milestones of this user."})
    milestone = Id(load_default=None, metadata={"description": "The milestone's key."})
    state = fields.String(load_default=None, validate=validate.OneOf(["reached", "open"]))


class Milestone(Camel):
    """How far an account or a user is on a milestone."""

    milestone = fields.String(required=True)
    account_id = fields.String(required=True)
    user_id = fields.String(required=True, metadata={"description": "Empty for an account's milestone."})
    state = fields.Function(
        lambda row: "reached" if row.reached_at else "open",
        required=True,
        metadata={"type": "string", "enum": ["reached", "open"]},
    )
    done = fields.Integer(required=True, strict=True)
    total = fields.Integer(required=True, strict=True)
    steps = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "Step to time."}
    )
    started_at = Time(required=True, allow_none=True)
    reached_at = Time(required=True, allow_none=True)


@blueprint.route("/milestones")
@blueprint.arguments(MilestoneQuery, location="query")
@blueprint.response(200, page_of(Milestone))
def list_milestones(query: dict[str, Any]) -> dict[str, Any]:
    """List progress on milestones, by account, user and milestone"""
    workspace, state = caller().workspace_id, query.pop("state")
    after, limit = cursor.decode(query.pop("cursor"), (str, str, str)), query.pop("limit")
    where = []
    if state is not None:
        reached = MilestoneState.reached_at.is_not(None)
        where.append(reached if state == "reached" else ~reached)
    if query["user_id"] is not None and query["account_id"] is None:  # so that the key can be used
        mine = select(Membership.account_id).where(
            Membership.workspace_id == workspace, Membership.user_id == query["user_id"]
        )
        where.append(MilestoneState.account_id.in_(mine))
    with runtime().db.read() as session:
        page = listing.page(
            session, workspace, listing.MILESTONES, filters=query, after=after, limit=limit, where=where
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}
