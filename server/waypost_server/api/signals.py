"""Signals: what was noticed, with evidence."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, PageQuery, Time, Words, caller, page_of, path_id, resource
from waypost_server.api.tasks import Task
from waypost_server.services.answer_signal import leave, make_task
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


class AnswerBody(Camel):
    title = Words(
        200, load_default="", metadata={"description": "The task's; made of the signal without it."}
    )


class LeaveBody(Camel):
    reason = Words(500, least=1, required=True, metadata={"description": "Why nothing is needed."})


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


@blueprint.route("/signals/<signal_id>/task", methods=["POST"])
@blueprint.arguments(AnswerBody)
@blueprint.response(200, Task)
def answer(given: dict[str, Any], signal_id: str) -> Any:
    """Make a task of it; again gives the same task"""
    return make_task(runtime(), caller().workspace_id, path_id(signal_id), actor=_actor(), **given)


@blueprint.route("/signals/<signal_id>/leave", methods=["POST"])
@blueprint.arguments(LeaveBody)
@blueprint.response(204)
def leave_signal(given: dict[str, Any], signal_id: str) -> None:
    """Say why nothing is done about it"""
    leave(runtime(), caller().workspace_id, path_id(signal_id), actor=_actor(), **given)


def _actor() -> str:
    return f"key {caller().key_id}"
