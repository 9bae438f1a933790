"""GET /v1/definitions/schema.json: the shape of the definition files, for any editor that can read an address."""

from __future__ import annotations

import hashlib
import json
from functools import cache

from flask import Blueprint, Response, request

from waypost_server.definitions.editor_schema import editor_schema

blueprint = Blueprint("editor_schema", __name__, url_prefix="/v1")


@blueprint.get("/definitions/schema.json")
def get() -> Response:
    """The same for everybody, and nothing of any workspace in it: no key is needed, any cache may keep it."""
    text, tag = _document()
    response = Response(text, mimetype="application/schema+json")
    response.set_etag(tag)
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(request)
    return response


@cache
def _document() -> tuple[str, str]:
    text = json.dumps(editor_schema(None), indent=1)
    return text, hashlib.sha256(text.encode()).hexdigest()[:16]
