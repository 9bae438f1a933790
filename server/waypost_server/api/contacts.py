"""Contacts that people had with a customer, reported by a CRM or a telephone system."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from waypost_server.api.auth import runtime
from waypost_server.api.rest import Camel, Id, Time, Words, caller, resource
from waypost_server.services.contact import CHANNELS, Contact, log_contact

blueprint = resource("contacts", "Calls, meetings and messages by people; they spend attention like a nudge.")
ID_CHARACTERS = validate.Regexp(r"[A-Za-z0-9_.:-]{1,128}\Z", error="Use 1 to 128 of A-Z a-z 0-9 _ . : -")


class ContactBody(Camel):
    id = fields.String(
        required=True,
        validate=ID_CHARACTERS,
        metadata={"description": "Yours; the same one again changes nothing."},
    )
    account_id = Id(required=True)
    user_id = Id(load_default="", metadata={"description": "Leave it out for the account at large."})
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    at = Time(load_default=None, metadata={"description": "When it happened; now without it."})
    note = Words(2000, load_default="", metadata={"description": "What came of it."})
    task_id = Id(load_default="", metadata={"description": "The task it was for; told in its history."})


class LoggedContact(Camel):
    """A contact as it counts against the budget."""

    id = fields.String(required=True)
    account_id = fields.String(required=True)
    user_id = fields.String(required=True, metadata={"description": "Empty for the account at large."})
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    at = Time(required=True)
    note = fields.String(required=True)


@blueprint.route("/contacts", methods=["POST"])
@blueprint.arguments(ContactBody)
@blueprint.response(200, LoggedContact)
def post(given: dict[str, Any]) -> dict[str, Any]:
    """Log a contact, once"""
    contact = Contact(**given)
    touch = log_contact(runtime(), caller().workspace_id, contact, actor=f"key {caller().key_id}")
    return {
        "id": contact.id,
        "account_id": touch.account_id,
        "user_id": touch.user_id,
        "channel": touch.channel,
        "at": touch.at,
        "note": touch.note,
    }
