"""Operations of routes that are not built with flask-smorest: ingest, decide, claim, explain."""

from __future__ import annotations

from typing import Any

from apispec import APISpec

from waypost_server.api import schemas

CALLS = {
    "track": "Report something a user did",
    "identify": "Report what is known about a user",
    "group": "Report what is known about an account, and that a user belongs to it",
    "page": "Report a page view",
    "screen": "Report a screen view",
    "alias": "Report that two ids are one user",
}
TAGS = [
    {
        "name": "ingest",
        "description": "Report events, in Segment's wire format. The answer is 200 even when some events were "
        "quarantined; `rejected` says which and why. A public key will do.",
    },
    {"name": "decide", "description": "Which nudges a user may see now, and why not the others."},
]
SCHEMAS = {
    schema.__name__: schema
    for schema in (
        schemas.Problem,
        schemas.Event,
        schemas.Batch,
        schemas.Received,
        schemas.DecideRequest,
        schemas.Decision,
        schemas.ClaimRequest,
        schemas.Granted,
        schemas.Explanation,
    )
}


def add_schemas(spec: APISpec) -> None:
    """Add their schemas, and what those hold, to the document's components."""
    for name, schema in SCHEMAS.items():
        spec.components.schema(name, schema=schema)


def paths() -> dict[str, Any]:
    """Their operations by path."""
    return {
        "/v1/batch": _post("ingest", "Report up to 2,500 events", "Batch", "Received"),
        "/v1/import": _post("ingest", "Report history: state changes, nothing is sent", "Batch", "Received"),
        **{f"/v1/{name}": _post("ingest", words, "Event", "Received") for name, words in CALLS.items()},
        "/v1/decide": _post("decide", "Nudges for a user, best first", "DecideRequest", "Decision"),
        "/v1/claim": _post("decide", "Claim a nudge right before painting it", "ClaimRequest", "Granted"),
        "/v1/explain": _explain(),
    }


def _post(tag: str, summary: str, body: str, answer: str) -> dict[str, Any]:
    operation = {
        "tags": [tag],
        "summary": summary,
        "x-scope": tag,
        "requestBody": {"required": True, "content": _json(body)},
        "responses": {"200": {"description": "OK", "content": _json(answer)}},
    }
    if summary.startswith("Nudges"):
        operation["responses"]["304"] = {"description": "Unchanged since If-None-Match."}  # type: ignore[index]
    return {"post": operation}


def _explain() -> dict[str, Any]:
    def parameter(name: str, words: str, *, required: bool = False) -> dict[str, Any]:
        schema = {"type": "string", "minLength": 1}
        return {"in": "query", "name": name, "required": required, "description": words, "schema": schema}

    return {
        "get": {
            "tags": ["decide"],
            "summary": "Why a user sees a nudge, or does not",
            "parameters": [
                parameter("userId", "The user.", required=True),
                parameter("accountId", "The only or last known account without it."),
                parameter("nudge", "Only this nudge."),
                parameter("at", "A moment that is past (ISO 8601): as it was then."),
                parameter("page", "The path of a page: what depends on it is unknown otherwise."),
                parameter("locale", "With `page`: its language."),
                parameter("viewport", "With `page`: narrow, medium or wide."),
                parameter("expected", "true, with `nudge`: the share of users for whom each leaf holds."),
            ],
            "responses": {"200": {"description": "OK", "content": _json("Explanation")}},
        }
    }


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
