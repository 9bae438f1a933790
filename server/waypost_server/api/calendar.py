"""A person's tasks for their calendar program: the token in the address is the permission."""

from __future__ import annotations

from flask import Blueprint, Response, request

from waypost_server.api.auth import runtime
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.calendar_feed import read_calendar

blueprint = Blueprint("calendar", __name__)
_HEADERS = {
    "Cache-Control": "private, max-age=300",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@blueprint.get("/calendar/<token>.ics")
def calendar(token: str) -> Response:
    """The feed, or 304 while nothing has changed."""
    try:
        found = read_calendar(runtime(), token)
    except NotFoundError as error:
        return Response(f"{error.message}\n", status=404, mimetype="text/plain", headers=_HEADERS)
    response = Response(found.text, mimetype="text/calendar", headers=_HEADERS)
    response.set_etag(found.etag)
    response.make_conditional(request.environ)
    return response
