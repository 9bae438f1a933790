"""Who looks after an account: named by a person, or by the trait `csm`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from waypost_server.api.auth import runtime
from waypost_server.api.named_by import BY, ByQuery, person_for, via
from waypost_server.api.rest import Camel, Id, Time, Words, caller, found, path_id, resource
from waypost_server.services import account_owner as service
from waypost_server.store import account_owners, profiles

blueprint = resource("owner", "Who looks after an account, and who decided so.")
ID = {"description": "A console user's id; null: nobody."}


class OwnerWord(Camel):
    """What a person said about an account's owner."""

    owner = fields.String(required=True, allow_none=True, metadata=ID)
    by_trait = fields.Boolean(
        required=True, metadata={"description": "It was left to the trait `csm` again."}
    )
    reason = fields.String(required=True)
    person = fields.String(required=True, metadata={"description": "The console user's id."})
    at = Time(required=True)


class AccountOwner(Camel):
    """The owner in force, and what people said about it, the newest first."""

    owner = fields.String(required=True, allow_none=True, metadata=ID)
    by_hand = fields.Boolean(
        required=True, metadata={"description": "A person named them; otherwise the trait `csm` did."}
    )
    history = fields.List(fields.Nested(OwnerWord), required=True)


class OwnerBody(Camel):
    owner = Words(512, least=1, required=True, metadata={"description": "A console user's id or e-mail."})
    reason = Words(service.REASON, load_default="")
    by = Id(required=True, metadata=BY)


@blueprint.route("/accounts/<account_id>/owner")
@blueprint.response(200, AccountOwner)
def get_owner(account_id: str) -> dict[str, Any]:
    """Who looks after an account, and why"""
    return _answer(path_id(account_id))


@blueprint.route("/accounts/<account_id>/owner", methods=["PUT"])
@blueprint.arguments(OwnerBody)
@blueprint.response(200, AccountOwner)
def put_owner(given: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Name the owner of an account; open tasks of the one before go along"""
    account_id = path_id(account_id)
    person = person_for(profiles.account, account_id, given["by"])
    service.set_owner(
        runtime(),
        caller().workspace_id,
        account_id,
        given["owner"],
        person=person,
        reason=given["reason"],
        via=via(),
    )
    return _answer(account_id)


@blueprint.route("/accounts/<account_id>/owner", methods=["DELETE"])
@blueprint.arguments(ByQuery, location="query")
@blueprint.response(200, AccountOwner)
def delete_owner(query: dict[str, Any], account_id: str) -> dict[str, Any]:
    """Let the trait `csm` name the owner again"""
    account_id = path_id(account_id)
    person = person_for(profiles.account, account_id, query["by"])
    service.withdraw_owner(runtime(), caller().workspace_id, account_id, person=person, via=via())
    return _answer(account_id)


def _answer(account_id: str) -> dict[str, Any]:
    workspace = caller().workspace_id
    with runtime().db.read() as session:
        account = found(profiles.account(session, workspace, account_id))
        rows = account_owners.history(session, workspace, account_id)
    return {"owner": account.owner, "by_hand": account.owner_set is not None, "history": rows}
