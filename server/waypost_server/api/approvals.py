"""Plays that ask to write to many people."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api.auth import runtime
from waypost_server.api.named_by import BY, person_for, via
from waypost_server.api.rest import Camel, Id, Time, Words, caller, path_id, resource
from waypost_server.services import approvals as service
from waypost_server.store import approvals

blueprint = resource("approvals", "A second pair of eyes before a play writes to many people.")
STATES = ["waiting", "approved", "rejected"]


class Approval(Camel):
    """A play in one wording that asks to write to more people in a day than the policy lets it by itself."""

    id = fields.String(required=True)
    play = fields.String(required=True)
    release = fields.Integer(required=True, strict=True)
    author = fields.String(required=True, metadata={"description": "Who published that release."})
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    asked_at = Time(required=True)
    person = fields.String(
        required=True, allow_none=True, metadata={"description": "The console user's id of who decided."}
    )
    decided_at = Time(required=True, allow_none=True)
    reason = fields.String(required=True)


class AskedApproval(Approval):
    """One with the number of messages that wait for it."""

    messages = fields.Integer(required=True, strict=True)


class Approvals(Camel):
    """The open ones first, then the newest."""

    data = fields.List(fields.Nested(AskedApproval), required=True)


class ApproveBody(Camel):
    by = Id(required=True, metadata=BY)


class RejectBody(Camel):
    by = Id(required=True, metadata=BY)
    reason = Words(service.REASON, least=1, required=True)


@blueprint.route("/approvals")
@blueprint.response(200, Approvals)
def list_approvals() -> dict[str, Any]:
    """What waits for an approver, and what was decided, at most 100"""
    with runtime().db.read() as session:
        rows = approvals.page(session, caller().workspace_id)
    return {
        "data": [
            {**{name: getattr(row.Approval, name) for name in Approval().fields}, "messages": row.messages}
            for row in rows
        ]
    }


@blueprint.route("/approvals/<approval_id>/approve", methods=["POST"])
@blueprint.arguments(ApproveBody)
@blueprint.response(200, Approval)
def approve(given: dict[str, Any], approval_id: str) -> Any:
    """Let the play write to more people; what waits is checked again and goes"""
    approval_id = path_id(approval_id)
    person = person_for(approvals.find, approval_id, given["by"])
    return service.approve(runtime(), caller().workspace_id, approval_id, person=person, via=via())


@blueprint.route("/approvals/<approval_id>/reject", methods=["POST"])
@blueprint.arguments(RejectBody)
@blueprint.response(200, Approval)
def reject(given: dict[str, Any], approval_id: str) -> Any:
    """Cancel what waits, saying why"""
    approval_id = path_id(approval_id)
    person = person_for(approvals.find, approval_id, given["by"])
    return service.reject(
        runtime(), caller().workspace_id, approval_id, person=person, reason=given["reason"], via=via()
    )
