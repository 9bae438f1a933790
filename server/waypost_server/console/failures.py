"""Errors as pages in plain words; the API has its own."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from flask import Blueprint, g, render_template, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from waypost_server.console import words
from waypost_server.console.access import next_path
from waypost_server.definitions.strict_yaml import MAX_CHARACTERS
from waypost_server.domain.errors import WaypostError

log = logging.getLogger("waypost.console")
TITLES = {
    400: "That did not work",
    401: "Not logged in",
    403: "Not allowed",
    404: "There is nothing here",
    405: "That did not work",
    409: "It changed meanwhile",
    410: "This link is spent",
    413: "Too much at once",
    429: "Too many attempts",
    503: "The database cannot be reached",
}
MISSING = "It may have been removed, or the address is not quite right."
TOO_LARGE = (
    f"Nothing was kept. A file of definitions holds at most {MAX_CHARACTERS:,} characters: go back in your "
    "browser, and split it."
)
BROKEN = "The fault is ours, and it is in the server’s log under this time: {}. Go back and try again."


def install(blueprint: Blueprint) -> None:
    """Answer errors of this blueprint with pages."""
    blueprint.register_error_handler(WaypostError, _ours)
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(DBAPIError, _database)
    blueprint.register_error_handler(PoolTimeoutError, _database)


def _ours(error: WaypostError) -> tuple[str, int]:
    return _page(error.status, error.message)


def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    status = error.code or 500
    if 300 <= status < 400:
        return error
    if status == 500:
        g.login = None  # whatever failed must not fail again in the side bar
        return _page(status, BROKEN.format(words.stamp(words.now())))
    return _page(status, {404: MISSING, 413: TOO_LARGE}.get(status) or error.description or "")


def _database(error: Exception) -> tuple[str, int]:
    log.warning("database.unavailable", extra={"error": type(error).__name__})
    g.login = None  # the page must not ask the database again
    return _page(503, "Nothing is lost. Try again in a moment.")


def _page(status: int, message: str) -> tuple[str, int]:
    g.setdefault("login", None)
    title = TITLES.get(status, "Something went wrong")
    page = render_template(
        "console/error.html", title=title, message=message, status=status, back=_back(status)
    )
    return page, status


def _back(status: int) -> str | None:
    """Where the form that failed stood, so that a mistake is mended there; None if nothing says it."""
    if request.method != "POST" or g.login is None or status in (413, 503):  # 413: the form cannot be read
        return None
    came = urlsplit(request.referrer or "")
    there = (
        came._replace(scheme="", netloc="").geturl()
        if came.netloc == request.host and came.path != request.path
        else ""
    )
    given = request.form.get("back") or there
    return next_path(given) if given else None
