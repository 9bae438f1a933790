"""How an account is served: a person's word that counts before the catalogue's rule, for a while."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api.auth import runtime
from waypost_server.api.named_by import BY, ByQuery, person_for, via
from waypost_server.api.rest import Camel, Id, Time, Words, caller, found, path_id, resource
from waypost_server.services import motion as service
from waypost_server.store import motion_overrides, profiles

blueprint = resource("motion", "How an account is served, and who decided so.")


class MotionWord(Camel):
    """What a person said about an account's motion."""

    motion = fields.String(required=True)
    reason = fields.String(required=True)
    person = fields.String(required=True, metadata={"description": "The console user's id."})
    set_at = Time(required=True)
    until = Time(required=True)
    ended_at = Time(required=True, allow_none=True)
    ended = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(["expired", "withdrawn", "replaced"])
    )


class AccountMotion(Camel):
    """The motion in force, and what people said about it, the newest first."""

    motion = fields.String(required=True, allow_none=True, metadata={"example": "strategic"})
    history = fields.List(fields.Nested(MotionWord), required=True)


class MotionBody(Camel):
    motion = Id(required=True, metadata={"example": "strategic"})
    until = Time(required=True, metadata={"description": "When it is over by itself, within a year."})
    reason = Words(service.REASON, least=1, required=True)
    by = Id(required=True, metadata=BY)


@blueprint.route("/accounts/<account_id>/motion")
@blueprint.response(200, AccountMotion)
def get_motion(account_id: str) -> dict[str, Any]:
    """How an account is served, and why"""
    return _answer(path_id(account_id))


@blueprint.route("/accounts/<account_id>/motion", methods=["PUT"])
@blueprint.arguments(MotionBody)
@blueprint.response(200, AccountMotion)
def put_motion(given: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Serve an account differently for a while"""
    account_id = path_id(account_id)
    person = person_for(profiles.account, account_id, given.pop("by"))
    word = service.Word(**given, person=person, via=via())
    service.set_motion(runtime(), caller().workspace_id, account_id, word)
    return _answer(account_id)


@blueprint.route("/accounts/<account_id>/motion", methods=["DELETE"])
@blueprint.arguments(ByQuery, location="query")
@blueprint.response(200, AccountMotion)
def delete_motion(query: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Back to the catalogue's rule"""
    account_id = path_id(account_id)
    person = person_for(profiles.account, account_id, query["by"])
    service.withdraw_motion(runtime(), caller().workspace_id, account_id, person=person, via=via())
    return _answer(account_id)


def _answer(account_id: str) -> dict[str, Any]:
    workspace = caller().workspace_id
    with runtime().db.read() as session:
        account = found(profiles.account(session, workspace, account_id))
        rows = motion_overrides.history(session, workspace, account_id)
    return {"motion": account.motion, "history": rows}
