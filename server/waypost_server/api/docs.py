"""The browsable API documentation: one static page that draws /v1/openapi.json. Nothing comes from elsewhere."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

FILES = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
blueprint = Blueprint("docs", __name__, url_prefix="/v1/docs")


@blueprint.get("")
def page() -> Response:
    """The page."""
    return send_from_directory(FILES, "docs.html", max_age=300)


@blueprint.get("/<any('docs.css', 'docs.js'):name>")
def part(name: str) -> Response:
    """Its style and its script."""
    return send_from_directory(FILES, name, max_age=300)


@blueprint.after_request
def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
