"""Server-rendered pages for CS ops and CSMs, under /console."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, redirect, url_for

from waypost_server.console import access, failures, frame, headers, words
from waypost_server.console.references import ReferenceConverter


def register(app: Flask) -> None:
    """Add the console: one blueprint, its pages split by noun."""
    from waypost_server.console.views import VIEWS  # they import this package

    app.config.update(  # Flask's own cookie carries a sentence such as "Reopened." to the next page, no more
        SESSION_COOKIE_NAME="waypost_notice",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=app.extensions["waypost"].base_url.startswith("https://"),
    )
    app.url_map.converters.setdefault("ref", ReferenceConverter)
    blueprint = Blueprint(
        "console", __name__, url_prefix="/console", template_folder="templates", static_folder="static"
    )
    blueprint.before_request(access.admit)
    blueprint.after_request(headers.protect)
    words.install(blueprint)
    failures.install(blueprint)
    blueprint.context_processor(frame.context)
    for view in VIEWS:
        view.add_to(blueprint)
    blueprint.add_url_rule("/<path:rest>", "missing", _missing)
    app.register_blueprint(blueprint)
    app.add_url_rule("/", "front_door", _front_door)


def _missing(rest: str) -> Response:
    abort(404)


def _front_door() -> Response:
    return redirect(url_for("console.home"))  # type: ignore[return-value]
