"""Errors to HTTP, once: RFC 9457 problem details that also carry `code` and `message`."""

from __future__ import annotations

import json
import logging
import random
from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from waypost_server.api import reader_page
from waypost_server.domain.errors import HeldError, WaypostError

log = logging.getLogger("waypost.api")
TITLES = {
    400: "Bad request",
    401: "Not authorised",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Precondition failed",
    413: "Too large",
    415: "Unsupported media type",
    428: "Precondition required",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}


def problem(status: int, code: str, message: str, **extra: Any) -> Response:
    """A problem+json response; every retry answer carries an integer Retry-After."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "message": message,
        **extra,
    }
    response = Response(json.dumps(body), status=status, mimetype="application/problem+json")
    if status in (429, 503):
        response.headers["Retry-After"] = str(
            random.randint(5, 15)
        )  # jittered, so that clients do not return at once
    return response


def register(app: Flask) -> None:
    """Install the handlers. Only /v1 speaks problem+json; console pages have their own."""
    app.register_error_handler(WaypostError, _ours)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeoutError, _database)
    app.register_error_handler(HTTPException, _http)


def _ours(error: WaypostError) -> Response:
    extra: dict[str, Any] = {"detail": error.detail} if error.detail else {}
    if isinstance(error, HeldError):
        extra["reason"] = error.reason
    return problem(error.status, error.code, error.message, **extra)


def _database(error: Exception) -> Response:
    """Tracking clients wait as told on 429 and give up after minutes on 503, so they get 429."""
    log.warning("database.unavailable", extra={"error": type(error).__name__})
    status = 429 if request.path.startswith("/v1/") and request.method == "POST" else 503
    return problem(status, "unavailable", "The database cannot be reached just now. Try again shortly.")


def _http(error: HTTPException) -> Response:
    if error.code == 404 and not request.path.startswith("/v1/"):
        return reader_page.nothing_here()
    if not request.path.startswith("/v1/"):
        return error.get_response()  # type: ignore[return-value]  # werkzeug types it wider
    status = error.code or 500
    response = problem(
        status, (error.name or "error").lower().replace(" ", "_"), error.description or TITLES.get(status, "")
    )
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response
