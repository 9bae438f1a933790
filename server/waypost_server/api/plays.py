"""Runs of plays."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, Words, caller, page_of, path_id, resource
from waypost_server.services.cancel_run import REASON, cancel_run
from waypost_server.store import listing

blueprint = resource("plays", "Responses to signals, as they run.")
STATES = ["running", "waiting", "ended"]


class RunQuery(PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    play = Id(load_default=None)
    account_id = Id(load_default=None)


class PlayRun(Camel):
    """One run of a play for an account, pinned to the release it started with."""

    id = fields.String(required=True)
    play = fields.String(required=True)
    account_id = fields.String(required=True)
    release = fields.Integer(required=True, strict=True)
    motion = fields.String(required=True)
    signal_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    outcome = fields.String(required=True, allow_none=True)
    step = fields.Integer(required=True, strict=True, metadata={"description": "Index of the next step."})
    due_at = Time(required=True, allow_none=True)
    started_at = Time(required=True)
    ended_at = Time(required=True, allow_none=True)


class CancelBody(Camel):
    reason = Words(REASON, least=1, required=True, metadata={"description": "Why it is stopped."})


@blueprint.route("/plays/runs")
@blueprint.arguments(RunQuery, location="query")
@blueprint.response(200, page_of(PlayRun))
def list_runs(query: dict[str, Any]) -> dict[str, Any]:
    """List runs of plays, newest first"""
    after, limit = cursor.decode(query.pop("cursor"), (str,)), query.pop("limit")
    with runtime().db.read() as session:
        page = listing.page(
            session, caller().workspace_id, listing.RUNS, filters=query, after=after, limit=limit
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}


@blueprint.route("/plays/runs/<run_id>/cancel", methods=["POST"])
@blueprint.arguments(CancelBody)
@blueprint.response(200, PlayRun)
def cancel(given: dict[str, Any], run_id: str) -> Any:
    """Stop a run for good: nothing it has queued is sent"""
    actor = f"key {caller().key_id}"
    return cancel_run(runtime(), caller().workspace_id, path_id(run_id), actor=actor, **given)
