"""The OpenAPI 3.1 document: generated from the schemas the routes use, with the SDK routes described beside."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, current_app
from flask_smorest import Api

import waypost_server
from waypost_server.api import described, error_codes, examples
from waypost_server.api.auth import runtime
from waypost_server.api.rest import Resource

blueprint = Blueprint("openapi", __name__)
DESCRIPTION = """Report usage, ask what to show, and read everything Waypost knows.

Keys go into the Authorization header: Basic with the key as user name, or Bearer. A public key (`wp_pk_…`) may report
events, decide and claim. A secret key (`wp_sk_…`) may also read and manage; it must never reach a browser.

Lists take `limit` (up to 200) and `cursor`; an answer's `next` is the cursor of the page after, null at the end.
Errors are problem details (RFC 9457) with a stable `code` and a `message` that says what to do. Another workspace's
id behaves exactly like a missing one. Times are ISO 8601 in UTC; days are dates in the workspace's time zone."""


class Documented(Api):
    """Flask-smorest, without its error handlers (ours keep `Allow` and speak problem+json) and its own pages."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # errors are added in `document`

    def _register_error_handlers(self) -> None:
        return


def register(app: Flask, resources: list[Resource]) -> None:
    """Add the resources to the app and to the document."""
    app.config.update(
        API_TITLE="Waypost API",
        API_VERSION=waypost_server.__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=None,
    )
    api = Documented(app)
    for each in resources:
        api.register_blueprint(each)
    described.add_schemas(api.spec)
    app.extensions["waypost_openapi"] = api
    app.register_blueprint(blueprint)


@blueprint.get("/v1/openapi.json")
def openapi() -> Response:
    """The document. Made once a process."""
    made = current_app.extensions.get("waypost_openapi_document")
    if made is None:
        made = json.dumps(document(current_app.extensions["waypost_openapi"], runtime().clock()))
        current_app.extensions["waypost_openapi_document"] = made
    response = Response(made, mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def document(api: Api, now: datetime) -> dict[str, Any]:
    """The finished document. The times in its examples lie around `now`."""
    found: dict[str, Any] = api.spec.to_dict()
    found["info"] |= {
        "description": DESCRIPTION,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    found["paths"] = {**described.paths(), **found["paths"]}
    found["tags"] = [*described.TAGS, *found.get("tags", [])]
    found["security"] = [{"basic": []}, {"bearer": []}]
    found["components"]["securitySchemes"] = {
        "basic": {"type": "http", "scheme": "basic", "description": "The key as user name, no password."},
        "bearer": {"type": "http", "scheme": "bearer", "description": "The key."},
    }
    bodies = examples.requests(now)
    problems: dict[str, Any] = {}
    found["components"]["responses"] = problems
    for unused in ("Error", "PaginationMetadata"):  # flask-smorest adds them; nothing here uses them
        found["components"]["schemas"].pop(unused, None)
    for path, item in found["paths"].items():
        shared = item.pop("parameters", [])
        for method, operation in item.items():
            if shared:
                operation["parameters"] = [*shared, *operation.get("parameters", [])]
            _finish(path, method, operation)
            _add_examples(operation, bodies.get((method, path)))
            _add_errors(path, method, operation, problems)
    return found


def _finish(path: str, method: str, operation: dict[str, Any]) -> None:
    """Name the operation and the scope it needs."""
    for parameter in operation.get("parameters", []):
        _plain(parameter["schema"])
    operation.setdefault("operationId", _name(path, method))
    scope = operation.pop("x-scope", "read" if method == "get" else "manage")
    operation["x-scope"] = scope


def _add_examples(operation: dict[str, Any], body: Any) -> None:
    """What somebody would send: a body, and what the address and the headers must name."""
    if body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = body
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        if name == "If-Match" or (parameter["in"] == "query" and parameter.get("required")):
            parameter["example"] = examples.PARAMETERS[name]


def _add_errors(path: str, method: str, operation: dict[str, Any], problems: dict[str, Any]) -> None:
    """The errors that can happen to the operation. Operations of one tag share theirs, kept in `problems`."""
    answers, tag = operation["responses"], operation["tags"][0]
    for code in [code for code in answers if code.startswith(("4", "5", "default"))]:
        del answers[code]
    for status in error_codes.statuses(path, method, operation):
        name = f"{tag}_{status}"
        if name not in problems:
            problems[name] = error_codes.response(status, tag)
        answers[status] = {"$ref": f"#/components/responses/{name}"}


def _plain(schema: dict[str, Any]) -> None:
    """A parameter is there or not; it is never null."""
    if isinstance(schema.get("type"), list):
        schema["type"] = next(each for each in schema["type"] if each != "null")
    if schema.get("default", "") is None:
        del schema["default"]
    if None in schema.get("enum", ()):
        schema["enum"] = [each for each in schema["enum"] if each is not None]


def _name(path: str, method: str) -> str:
    parts = [part for part in path.removeprefix("/v1/").split("/") if not part.startswith("{")]
    return "_".join([method, *parts, *(["by_id"] if path.endswith("}") else [])])
