"""Endpoints: where webhooks and chat messages go, and how they have answered."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Time, Words, caller, path_id, resource
from waypost_server.services import endpoints
from waypost_server.services.endpoint_secret import rotate_secret
from waypost_server.services.try_endpoint import try_endpoint

blueprint = resource("endpoints", "Where webhooks and chat messages go.")


class Endpoint(Camel):
    """An endpoint of policy.yaml, and how it has answered."""

    channel = fields.String(required=True, metadata={"example": "webhook"})
    name = fields.String(required=True)
    goes_to = fields.String(
        required=True, metadata={"description": "Its address, as far as it may be shown."}
    )
    address = fields.String(
        required=True,
        metadata={"description": "Of a chat room: where it leads, and its last four characters."},
    )
    state = fields.String(required=True, validate=validate.OneOf(["ok", "failing", "off", "unset"]))
    failures = fields.Integer(required=True, strict=True, metadata={"description": "In a row, up to now."})
    failing_since = Time(required=True, allow_none=True)
    retry_at = Time(required=True, allow_none=True, metadata={"description": "Messages wait until then."})
    disabled_at = Time(required=True, allow_none=True)
    disabled_why = fields.String(required=True)
    ok_at = Time(required=True, allow_none=True, metadata={"description": "The last good answer."})
    overlap_until = Time(
        required=True,
        allow_none=True,
        metadata={"description": "Until then the signing secret before the newest signs as well."},
    )
    waiting = fields.Integer(required=True, strict=True)
    failed = fields.Integer(required=True, strict=True, metadata={"description": "In the last seven days."})


class Endpoints(Camel):
    """Every endpoint of the live policy."""

    data = fields.List(fields.Nested(Endpoint), required=True)


class DisableBody(Camel):
    reason = Words(endpoints.WHY, least=1, required=True, metadata={"description": "Why, in a few words."})


class AddressBody(Camel):
    address = Words(
        endpoints.ADDRESS,
        least=1,
        required=True,
        metadata={"description": "An incoming webhook's address, or a Slack bot's token (xoxb-…)."},
    )


class Freed(Camel):
    """How many messages that waited go now."""

    freed = fields.Integer(required=True, strict=True)


class Tried(Camel):
    """What came of a test."""

    outcome = fields.String(required=True, metadata={"example": "sent"})
    detail = fields.String(required=True)


class Secret(Camel):
    """A new signing secret. Nothing but this answer and the console shows it."""

    secret = fields.String(required=True, metadata={"example": "whsec_…"})


@blueprint.route("/endpoints")
@blueprint.response(200, Endpoints)
def list_endpoints() -> dict[str, Any]:
    """List every endpoint with its state"""
    with runtime().db.read() as session:
        return {"data": endpoints.see_all(session, runtime(), caller().workspace_id)}


@blueprint.route("/endpoints/<channel>/<name>/enable", methods=["POST"])
@blueprint.response(200, Freed)
def enable(channel: str, name: str) -> dict[str, int]:
    """Switch it on: what waited goes now"""
    freed = endpoints.enable(runtime(), caller().workspace_id, _name(channel, name), actor=_actor())
    return {"freed": freed}


@blueprint.route("/endpoints/<channel>/<name>/disable", methods=["POST"])
@blueprint.arguments(DisableBody)
@blueprint.response(204)
def disable(given: dict[str, Any], channel: str, name: str) -> None:
    """Switch it off: messages to it wait"""
    why = given["reason"]
    endpoints.disable(runtime(), caller().workspace_id, _name(channel, name), actor=_actor(), why=why)


@blueprint.route("/endpoints/<channel>/<name>/test", methods=["POST"])
@blueprint.response(200, Tried)
def send_test(channel: str, name: str) -> dict[str, str]:
    """Send a test now and say what came of it"""
    outcome = try_endpoint(runtime(), caller().workspace_id, _name(channel, name), actor=_actor())
    return {"outcome": type(outcome).__name__.lower(), "detail": outcome.detail}


@blueprint.route("/endpoints/webhook/<name>/rotate", methods=["POST"])
@blueprint.response(200, Secret)
def rotate(name: str) -> dict[str, str]:
    """Make a new signing secret; the one before signs as well for a day"""
    return {"secret": rotate_secret(runtime(), caller().workspace_id, path_id(name), actor=_actor())}


@blueprint.route("/endpoints/<channel>/<name>/address", methods=["POST"])
@blueprint.arguments(AddressBody)
@blueprint.response(204)
def set_address(given: dict[str, Any], channel: str, name: str) -> None:
    """Give a chat room its secret address; it is never shown again"""
    workspace, address = caller().workspace_id, given["address"]
    endpoints.set_address(runtime(), workspace, _name(channel, name), actor=_actor(), address=address)


def _name(channel: str, name: str) -> tuple[str, str]:
    return path_id(channel), path_id(name)


def _actor() -> str:
    return f"key {caller().key_id}"
