"""POST /v1/claim: the browser's atomic "I am about to paint this"."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Blueprint, Response

from waypost_server.api import cors
from waypost_server.api.asked import Ask, asker, read_body, session_start
from waypost_server.api.auth import runtime
from waypost_server.domain.errors import BadInputError, HeldError
from waypost_server.domain.page import read_page
from waypost_server.services.claim import Claim, claim

blueprint = cors.allow(Blueprint("claim", __name__, url_prefix="/v1"))
CLAIM_ID = re.compile(r"[A-Za-z0-9_.:-]{8,128}")


class Body(Ask, kw_only=True):
    """What a client sends. `release` is informative: the live release decides. Of `context`,
    `sessionStartedAt` and the page are read."""

    nudge: str
    claim_id: str
    release: int | None = None
    context: dict[str, Any] | None = None


@blueprint.post("/claim")
def post() -> Response:
    """200 with the offer, or 409 `held` with the reason and its numbers."""
    body = read_body(Body)
    who = asker(body)
    if not CLAIM_ID.fullmatch(body.claim_id):
        raise BadInputError("claimId must be a new uuid for each claim.", code="bad_claim_id")
    if not who.believed:
        raise HeldError("not_verified")
    wanted = Claim(
        who.user_id,
        who.account_id,
        body.nudge,
        body.claim_id,
        members_only=who.members_only,
        session_started_at=session_start(body.context, runtime().clock()),
        page=read_page(body.context),
    )
    granted = claim(runtime(), who.caller.workspace_id, wanted)
    answer = {
        "granted": True,
        "offer": granted.offer_id,
        "expiresAt": granted.expires_at.isoformat().replace("+00:00", "Z"),
    }
    return Response(json.dumps(answer), mimetype="application/json")
