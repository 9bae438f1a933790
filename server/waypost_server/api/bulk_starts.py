"""Plays started for many accounts at once."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Time, caller, path_id, resource
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.bulk_start import begin_bulk, stop_bulk
from waypost_server.store import bulk_starts

blueprint = resource("bulk_starts", "Plays started for many accounts at once, with their progress.")
STATES = ["running", "stopped", "done"]


class BulkStartBody(Camel):
    condition = fields.Dict(
        required=True,
        metadata={"description": "Facts of an account that must hold; {} means every account."},
    )


class BulkStart(Camel):
    """One play started for many accounts: what was asked for, and how far it has come."""

    id = fields.String(required=True)
    play = fields.String(required=True)
    release = fields.Integer(required=True, strict=True)
    condition = fields.Dict(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    total = fields.Integer(
        required=True, strict=True, metadata={"description": "Accounts there were when it began."}
    )
    looked_at = fields.Integer(required=True, strict=True)
    matched = fields.Integer(required=True, strict=True)
    started = fields.Integer(required=True, strict=True)
    held = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Why accounts that match were passed over: reason → how many."},
    )
    created_at = Time(required=True)
    ended_at = Time(required=True, allow_none=True)


@blueprint.route("/plays/<play>/bulk-starts", methods=["POST"])
@blueprint.arguments(BulkStartBody)
@blueprint.response(201, BulkStart)
def begin(given: dict[str, Any], play: str) -> Any:
    """Start a play for every account that satisfies a condition; workers do it, this answers at once"""
    who = caller()
    return begin_bulk(
        runtime(), who.workspace_id, path_id(play), given["condition"], actor=f"key {who.key_id}"
    )


@blueprint.route("/plays/bulk-starts/<bulk_id>")
@blueprint.response(200, BulkStart)
def show(bulk_id: str) -> Any:
    """How far a bulk start has come"""
    with runtime().db.read() as session:
        row = bulk_starts.one(session, caller().workspace_id, path_id(bulk_id))
    if row is None:
        raise NotFoundError("There is no such bulk start.")
    return row


@blueprint.route("/plays/bulk-starts/<bulk_id>/stop", methods=["POST"])
@blueprint.response(200, BulkStart)
def stop(bulk_id: str) -> Any:
    """Go no further; runs that began stay"""
    who = caller()
    return stop_bulk(runtime(), who.workspace_id, path_id(bulk_id), actor=f"key {who.key_id}")
