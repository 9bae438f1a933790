"""Where people are stopped on their way to a nudge."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from waypost_server.api.auth import runtime
from waypost_server.api.page import OnPage, page_asked, unknown_facts
from waypost_server.api.rest import Camel, Time, caller, path_id, resource
from waypost_server.services import funnel as service
from waypost_server.services.funnel import Funnel

blueprint = resource("nudges", "Nudges of the live release, and whom they reach.")


class Person(Camel):
    """A user, and the account looked at."""

    user_id = fields.String(required=True)
    account_id = fields.String(required=True, allow_none=True)


class Part(Camel):
    """So many users; `low` to `high` holds the true number 95 times in 100, and is that number when counted."""

    users = fields.Integer(required=True, strict=True)
    low = fields.Integer(required=True, strict=True)
    high = fields.Integer(required=True, strict=True)
    samples = fields.List(fields.Nested(Person), required=True, metadata={"description": "Up to five."})


class Stopped(Part):
    """The users whom this gate is the first to hold."""

    gate = fields.String(required=True)


class ExpectedLeaf(Camel):
    """One comparison of the audience, and the share of users for whom it holds."""

    path = fields.String(required=True)
    operator = fields.String(required=True)
    wanted = fields.Raw(required=True, allow_none=True)
    expected = fields.Float(required=True)


class NudgeFunnel(Camel):
    """Every user of the workspace, each at the first gate that holds them, or eligible."""

    nudge = fields.String(required=True)
    title = fields.String(required=True)
    release = fields.Integer(required=True, strict=True)
    at = Time(required=True)
    users = fields.Integer(required=True, strict=True)
    looked_at = fields.Integer(
        required=True,
        strict=True,
        metadata={"description": "Fewer than `users`: a sample, scaled to all of them."},
    )
    exact = fields.Boolean(required=True)
    gates = fields.List(fields.Nested(Stopped), required=True)
    eligible = fields.Nested(Part, required=True)
    page = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "The page asked about, or null."},
    )
    page_facts = unknown_facts("who passes, passes on every page.")
    leaves = fields.List(fields.Nested(ExpectedLeaf), required=True)


@blueprint.route("/nudges/<nudge>/funnel")
@blueprint.arguments(OnPage, location="query")
@blueprint.response(200, NudgeFunnel)
def get_funnel(given: dict[str, Any], nudge: str) -> Funnel:
    """Count the users stopped at each gate of a nudge, and those who may see it"""
    return service.funnel(runtime(), caller().workspace_id, path_id(nudge), page=page_asked(given))
