"""The message of a task: what software may not say to a strategic account, until a person decides."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api.auth import runtime
from waypost_server.api.named_by import BY
from waypost_server.api.rest import Camel, Id, Time, Words, caller, found, path_id, resource
from waypost_server.channels.mail_headers import MAX_SUBJECT
from waypost_server.services import message_drafts as service
from waypost_server.services import named_person, tasks
from waypost_server.services.task_moves import By
from waypost_server.store import message_drafts

blueprint = resource("messages", "Messages that wait for a person's word.")


class MessageDraft(Camel):
    """What a play wanted to send, to whom, and what a person decided."""

    task_id = fields.String(required=True)
    recipient = fields.String(required=True)
    subject = fields.String(required=True)
    body = fields.String(required=True, metadata={"description": "Markdown."})
    state = fields.String(required=True, validate=validate.OneOf(["waiting", "sent", "skipped"]))
    person = fields.String(
        required=True, allow_none=True, metadata={"description": "The console user's id of who decided."}
    )
    decided_at = Time(required=True, allow_none=True)
    reason = fields.String(required=True, metadata={"description": "Why it was skipped."})
    delivery_id = fields.String(required=True)


class SendBody(Camel):
    by = Id(required=True, metadata=BY)
    subject = Words(MAX_SUBJECT, least=1, load_default=None)
    body = Words(service.BODY, least=1, load_default=None, metadata={"description": "Markdown."})


class SkipBody(Camel):
    by = Id(required=True, metadata=BY)
    reason = Words(200, least=1, required=True)


@blueprint.route("/tasks/<task_id>/draft")
@blueprint.response(200, MessageDraft)
def get_draft(task_id: str) -> Any:
    """The message of a task"""
    return _draft(path_id(task_id))


@blueprint.route("/tasks/<task_id>/draft/send", methods=["POST"])
@blueprint.arguments(SendBody)
@blueprint.response(200, MessageDraft)
def send(given: dict[str, Any], task_id: str) -> Any:
    """Send it in a person's name, as it is or with other words; it leaves 20 seconds later"""
    task_id = path_id(task_id)
    person, via = _person(task_id, given.pop("by")), f"key {caller().key_id}"
    return service.send_draft(runtime(), caller().workspace_id, task_id, person=person, via=via, **given)


@blueprint.route("/tasks/<task_id>/draft/skip", methods=["POST"])
@blueprint.arguments(SkipBody)
@blueprint.response(200, MessageDraft)
def skip(given: dict[str, Any], task_id: str) -> Any:
    """Do not send it, saying why; the task is dismissed"""
    task_id = path_id(task_id)
    person = _person(task_id, given["by"])
    tasks.dismiss(runtime(), caller().workspace_id, task_id, by=By(person), reason=given["reason"])
    return _draft(task_id)


def _draft(task_id: str) -> Any:
    with runtime().db.read() as session:
        return found(message_drafts.find(session, caller().workspace_id, task_id))


def _person(task_id: str, email: str) -> str:
    """The draft comes first: a foreign one is as missing as one that nobody has."""
    _draft(task_id)
    return named_person.by_email(runtime(), caller().workspace_id, email)
