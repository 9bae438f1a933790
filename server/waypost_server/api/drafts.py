"""Drafts of definitions over HTTP: read one as files, make one of files, discard one."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from waypost_server.api.auth import runtime
from waypost_server.api.definitions import Files
from waypost_server.api.rest import Camel, Time, Words, caller, path_id, resource
from waypost_server.services.draft import NAME_LIMIT, existing_draft
from waypost_server.services.edit_draft import discard_draft
from waypost_server.services.publish import MAX_REQUEST
from waypost_server.services.push_draft import push_draft
from waypost_server.store import drafts

blueprint = resource("drafts", "Edited definitions that are not published yet.", largest=MAX_REQUEST)


class DraftHeading(Camel):
    """A draft in the list."""

    name = fields.String(required=True, metadata={"description": "A person's own draft bears their e-mail."})
    files = fields.Integer(required=True, metadata={"description": "How many files it changes."})
    updated_at = Time(required=True)


class DraftList(Camel):
    """Every draft of the workspace, the latest edited first; at most 200."""

    data = fields.List(fields.Nested(DraftHeading), required=True)


class DraftEdit(Camel):
    """A file that a draft changes."""

    file = fields.String(required=True)
    what = fields.String(required=True, metadata={"description": "added, changed or deleted."})
    conflict = fields.Boolean(
        required=True, metadata={"description": "Whether it was published with another text meanwhile."}
    )
    author = fields.String(required=True)


class DraftFiles(Camel):
    """A draft as the files that publishing it would leave."""

    name = fields.String(required=True)
    live = fields.Integer(required=True, metadata={"description": "The release it lies over; 0 for none."})
    stamp = fields.String(required=True, metadata={"description": "Pass it as `seen` to push over it."})
    files = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    edits = fields.List(fields.Nested(DraftEdit), required=True)


class PushedDraft(Files):
    """The files a draft shall hold, byte for byte."""

    name = Words(NAME_LIMIT, least=1, required=True)
    seen = fields.String(
        load_default=None,
        allow_none=True,
        metadata={"description": "The stamp of the draft as it was read; needed to overwrite its edits."},
    )


@blueprint.route("/definitions/drafts")
@blueprint.response(200, DraftList)
def list_drafts() -> dict[str, Any]:
    """List the drafts"""
    with runtime().db.read() as session:
        found = drafts.headings(session, caller().workspace_id)
    return {
        "data": [{"name": each.draft, "files": each.files, "updated_at": each.updated_at} for each in found]
    }


@blueprint.route("/definitions/drafts", methods=["POST"])
@blueprint.arguments(PushedDraft)
@blueprint.response(200, DraftFiles)
def push(given: dict[str, Any]) -> dict[str, Any]:
    """Make a draft hold exactly these files; edits of others are overwritten only with `seen`"""
    who = caller()
    draft = push_draft(
        runtime(),
        who.workspace_id,
        given["name"],
        given["files"],
        author=f"key {who.key_id}",
        seen=given["seen"],
    )
    return draft.as_json()


@blueprint.route("/definitions/drafts/<draft>")
@blueprint.response(200, DraftFiles)
def pull_draft(draft: str) -> dict[str, Any]:
    """The files of a draft, and what it changes"""
    return existing_draft(runtime(), caller().workspace_id, path_id(draft)).as_json()


@blueprint.route("/definitions/drafts/<draft>/discard", methods=["POST"])
@blueprint.response(204)
def discard(draft: str) -> None:
    """Discard a draft with all its edits"""
    who = caller()
    discard_draft(runtime(), who.workspace_id, path_id(draft), author=f"key {who.key_id}")
