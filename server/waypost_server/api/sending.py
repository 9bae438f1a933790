"""The kill switch of a workspace: stop what leaves the building, and let it go on."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Time, Words, caller, resource
from waypost_server.services import stop_sending as service
from waypost_server.store import stops

blueprint = resource("sending", "The kill switch of the workspace; a play is paused by itself.")


class Stop(Camel):
    """A switch that is thrown."""

    everywhere = fields.Boolean(
        required=True, metadata={"description": "Thrown by the operator for every workspace."}
    )
    at = Time(required=True)
    reason = fields.String(required=True)


class Sending(Camel):
    """Whether messages may leave, and what is stopped."""

    sending = fields.Boolean(required=True)
    stops = fields.List(fields.Nested(Stop), required=True)


class StopBody(Camel):
    reason = Words(service.REASON, least=1, required=True)


@blueprint.route("/sending")
@blueprint.response(200, Sending)
def get_sending() -> dict[str, Any]:
    """Whether messages may leave"""
    return _answer()


@blueprint.route("/sending/stop", methods=["POST"])
@blueprint.arguments(StopBody)
@blueprint.response(200, Sending)
def stop(given: dict[str, Any]) -> dict[str, Any]:
    """Stop sending within seconds; what would be sent waits"""
    actor = f"key {caller().key_id}"
    service.stop_sending(runtime(), caller().workspace_id, actor=actor, reason=given["reason"])
    return _answer()


@blueprint.route("/sending/resume", methods=["POST"])
@blueprint.response(200, Sending)
def resume() -> dict[str, Any]:
    """Let it go on; what waited is checked again and goes"""
    service.resume_sending(runtime(), caller().workspace_id, actor=f"key {caller().key_id}")
    return _answer()


def _answer() -> dict[str, Any]:
    with runtime().db.read() as session:
        rows = stops.standing(session, caller().workspace_id)
    thrown = [{"everywhere": not row.workspace_id, "at": row.at, "reason": row.reason} for row in rows]
    return {"sending": runtime().sending and not rows, "stops": thrown}
