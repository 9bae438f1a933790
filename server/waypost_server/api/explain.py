"""GET /v1/explain: why a person sees a nudge, or does not; now, or at a moment that is past."""

from __future__ import annotations

from datetime import datetime

import msgspec
from flask import Blueprint, Response, request

from waypost_server.api.auth import authenticate, runtime
from waypost_server.domain.clock_skew import parse_time
from waypost_server.domain.errors import BadInputError, ForbiddenError
from waypost_server.domain.identifiers import read_id
from waypost_server.domain.page import page_of
from waypost_server.services.explain import explain

blueprint = Blueprint("explain", __name__, url_prefix="/v1")


@blueprint.get("/explain")
def get() -> Response:
    """Every nudge with every gate and every comparison; `nudge` limits it to one, `at` names a moment,
    `page` (a path), with `pageTitle`, `locale` and `viewport`, says what a browser would say; `expected` adds
    for what share of people each comparison of that one nudge holds."""
    caller = authenticate("read")
    if caller.kind != "secret":
        raise ForbiddenError("explain needs a secret key with the scope read.")
    user_id = request.args.get("userId") or request.args.get("user")
    if not user_id:
        raise BadInputError("Name the person: /v1/explain?userId=…", code="user_missing")
    account_id = request.args.get("accountId") or request.args.get("account")
    found = explain(
        runtime(),
        caller.workspace_id,
        read_id(user_id, "userId"),
        read_id(account_id, "accountId") if account_id else None,
        request.args.get("nudge"),
        at=_moment(request.args.get("at")),
        expected=request.args.get("expected") in ("1", "true"),
        page=page_of(
            request.args.get("page"),
            title=request.args.get("pageTitle"),
            locale=request.args.get("locale"),
            viewport=request.args.get("viewport"),
        ),
    )
    return Response(msgspec.json.encode(found), mimetype="application/json")


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    at = parse_time(text.replace(" ", "+"))  # a plus sign in an address arrives as a space
    if at is None:
        raise BadInputError("`at` must be a time: 2026-11-24T09:30:00Z.", code="bad_time")
    return at
