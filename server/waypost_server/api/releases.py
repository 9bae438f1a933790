"""Releases: published sets of definitions; publish one."""

from __future__ import annotations

from typing import Any

from flask import Response, abort
from marshmallow import fields, validate

from waypost_server.api import cursor
from waypost_server.api.auth import runtime
from waypost_server.api.errors import problem
from waypost_server.api.rest import Camel, PageQuery, Time, Words, caller, page_of, resource
from waypost_server.services.apply import apply
from waypost_server.services.publish import MAX_REQUEST, RefusedError
from waypost_server.store import listing

blueprint = resource("releases", "Published, frozen sets of definitions.", largest=MAX_REQUEST)
FILE_LIMIT, NAME_LIMIT, FILES_LIMIT = 400_000, 200, 2_000


class Release(Camel):
    """A published set of definitions."""

    number = fields.Integer(required=True, strict=True)
    digest = fields.String(required=True, metadata={"description": "SHA-256 of the files."})
    author = fields.String(required=True)
    message = fields.String(required=True)
    environment = fields.String(required=True, metadata={"description": "What it was made for; or empty."})
    published_at = Time(required=True)


class NewRelease(Camel):
    """Definition files by name, as in the nudges folder."""

    files = fields.Dict(
        keys=Words(NAME_LIMIT, least=1),
        values=Words(FILE_LIMIT),
        required=True,
        validate=validate.Length(1, FILES_LIMIT),
        metadata={"example": {"catalog.yaml": "product: Acme\nfeatures: {}\n"}},
    )
    message = Words(500, load_default="", metadata={"description": "What changes, and why."})
    accept_strategic = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "Publish although automated steps newly reach strategic accounts."},
    )


class Published(Camel):
    """The release that is live now."""

    number = fields.Integer(required=True, strict=True)


@blueprint.route("/releases")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_of(Release))
def list_releases(query: dict[str, Any]) -> dict[str, Any]:
    """List releases, newest first"""
    after = cursor.decode(query["cursor"], (int,))
    with runtime().db.read() as session:
        page = listing.page(
            session,
            caller().workspace_id,
            listing.RELEASES,
            filters={},
            after=after,
            limit=query["limit"],
        )
    return {"data": page.rows, "next": cursor.encode(page.next)}


@blueprint.route("/releases", methods=["POST"])
@blueprint.arguments(NewRelease)
@blueprint.response(201, Published)
def publish_release(given: dict[str, Any]) -> dict[str, Any]:
    """Publish definitions, unless an automated step would newly reach strategic accounts"""
    who = caller()
    try:
        done = apply(runtime(), who.workspace_id, author=f"key {who.key_id}", **given)
    except RefusedError as error:
        abort(refusal(error))
    return {"number": done.number}


def refusal(error: RefusedError) -> Response:
    """Every finding with its file and line, under the file's pointer."""
    found = [
        {
            "pointer": "/files/" + finding["file"].replace("~", "~0").replace("/", "~1"),
            "in": "body",
            **{name: finding[name] for name in ("code", "message", "line", "remedy") if finding.get(name)},
        }
        for finding in error.detail["errors"]
    ]
    return problem(error.status, error.code, error.message, errors=found)
