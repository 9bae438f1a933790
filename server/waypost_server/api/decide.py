"""POST /v1/decide: the ordered list of nudges for one person."""

from __future__ import annotations

import hashlib
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from flask import Blueprint, Response, request
from werkzeug.datastructures import Headers

from waypost_server.api import cors
from waypost_server.api.asked import Ask, Asker, asker, read_body, session_start
from waypost_server.api.auth import runtime
from waypost_server.domain.errors import ForbiddenError
from waypost_server.domain.page import read_page
from waypost_server.services.decide import TTL_SECONDS, Decision, Question, decide

blueprint = cors.allow(Blueprint("decide", __name__, url_prefix="/v1"))
_encode = msgspec.json.Encoder().encode
_tags: WeakKeyDictionary[Decision, str] = WeakKeyDictionary()  # ETags of decisions that are remembered


class Body(Ask):
    """What a client sends. Of `context`, `locale`, `page`, `viewport` and `sessionStartedAt` are read."""

    context: dict[str, Any] | None = None
    nudge: str | None = None
    explain: bool = False


@blueprint.post("/decide")
def post() -> Response:
    """Which nudges this person may see now, best first; 304 when nothing changed since If-None-Match."""
    body = read_body(Body)
    who = asker(body)
    if body.explain and who.caller.kind != "secret":
        raise ForbiddenError("explain needs a secret key: it names why other nudges are held.")
    locale = (body.context or {}).get("locale")
    question = Question(
        user_id=who.user_id,
        account_id=who.account_id,
        locale=locale if isinstance(locale, str) else None,
        nudge=body.nudge,
        members_only=who.members_only,
        explain=body.explain,
        session_started_at=session_start(body.context, runtime().clock()),
        page=read_page(body.context),
    )
    return _answer(_decision(who, question))


def _decision(who: Asker, question: Question) -> Decision:
    if not who.believed:
        return Decision(question.user_id, question.account_id, 0)
    return decide(runtime(), who.caller.workspace_id, question)


def _answer(decision: Decision) -> Response:
    headers = Headers()  # filled one by one: a mapping of headers takes twice as long
    headers.add("Cache-Control", "private, no-cache")
    tag = _tags.get(decision)
    if tag is not None and _seen(tag):
        headers.add("ETag", tag)
        return Response(status=304, headers=headers)
    body = _encode(_document(decision))
    if tag is None:
        tag = _tags[decision] = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers.add("ETag", tag)
    if _seen(tag):
        return Response(status=304, headers=headers)
    return Response(body, mimetype="application/json", headers=headers)


def _document(decision: Decision) -> dict[str, Any]:
    document: dict[str, Any] = {
        "userId": decision.user_id,
        "accountId": decision.account_id,
        "release": decision.release,
        "ttl": TTL_SECONDS,
        "nudges": decision.nudges,
        "feed": decision.feed,
    }
    if decision.by_page:
        document["byPage"] = True
    if decision.theme is not None and (decision.keys or decision.feed_keys):
        document["theme"] = decision.theme
    if decision.held is not None:
        document["held"] = [
            {"key": each.key, "reason": each.held.reason, "detail": each.held.detail}
            for each in decision.held
        ]
    return document


def _seen(etag: str) -> bool:
    """If-None-Match: a list of tags, weak or strong, or `*`."""
    given = request.headers.get("If-None-Match")
    if not given:
        return False
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in given.split(","))
