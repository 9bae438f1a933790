"""Cross-origin answers for the routes that browser SDKs call: any origin, no cookies.

The key in the request is the whole authority, so the origin proves nothing and `*` is right.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

ANY_ORIGIN = ("Access-Control-Allow-Origin", "*")
EXPOSED = ("Access-Control-Expose-Headers", "Retry-After, ETag")
PREFLIGHT = {
    **dict((ANY_ORIGIN, EXPOSED)),
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "authorization, content-type, if-none-match, x-retry-count, x-waypost-user-token"
    ),
    "Access-Control-Max-Age": "7200",
}


def allow(blueprint: Blueprint) -> Blueprint:
    """Answer preflights of this blueprint's routes and add the headers to every answer, errors included.

    Call it before the blueprint is registered.
    """
    blueprint.before_request(_preflight)
    blueprint.after_request(_add)
    return blueprint


def _preflight() -> Response | None:
    if request.method != "OPTIONS":
        return None
    return Response(status=204, headers=PREFLIGHT)


def _add(response: Response) -> Response:
    if request.method != "OPTIONS":
        response.headers.add(*ANY_ORIGIN)  # one by one: extend() takes five times as long
        response.headers.add(*EXPOSED)
    return response
