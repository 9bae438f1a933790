"""Segment-compatible routes: what official clients post, accepted with exactly 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from waypost_server.api import cors
from waypost_server.api.auth import Caller, authenticate, key_in_header, read_token, runtime
from waypost_server.api.decode import Document, read_document
from waypost_server.api.errors import problem
from waypost_server.domain import clock_skew, limits
from waypost_server.domain.errors import BadInputError
from waypost_server.domain.events import Envelope, TooDeepError
from waypost_server.domain.normalise import depth
from waypost_server.services.ingest import Receipt, StrictModeError, ingest
from waypost_server.services.ingest_accounts import Sender

blueprint = cors.allow(Blueprint("ingest", __name__, url_prefix="/v1"))

SINGLE = {
    "track": "track",
    "t": "track",
    "identify": "identify",
    "i": "identify",
    "group": "group",
    "g": "group",
    "page": "page",
    "p": "page",
    "screen": "screen",
    "s": "screen",
    "alias": "alias",
    "a": "alias",
}
BATCH = {"batch": False, "b": False, "import": True}


@blueprint.post("/<any(track, t, identify, i, group, g, page, p, screen, s, alias, a):call>")
def one(call: str) -> Response:
    """One event; the route is its type."""
    early = _early()
    document = read_document(request)
    caller = early or authenticate("ingest", _key_in(document.value))
    _check_depth(document.value)
    envelope = _envelope(document, type=SINGLE[call], depth=limits.DOCUMENT_DEPTH)
    return _take(caller, document.value, [document.value], envelope)


@blueprint.post("/<any(batch, b, import):call>")
def many(call: str) -> Response:
    """A batch of events of any type."""
    early = _early()
    document = read_document(request)
    value = document.value
    batch = value.get("batch")
    caller = early or authenticate("ingest", _key_in(value) or _key_of_first(batch))
    if not isinstance(batch, list):
        raise BadInputError("batch must be a JSON array of events.", code="batch_missing")
    _check_depth({name: part for name, part in value.items() if name != "batch"})
    envelope = _envelope(document, historical=BATCH[call], context=_context(value))
    return _take(caller, document.value, batch, envelope)


@blueprint.get("/projects/<key>/settings")
def settings(key: str) -> Response:
    """What Segment's browser client asks for at its start: no plug-ins, and where to report."""
    authenticate("ingest", key)
    host = request.host
    body = {
        "integrations": {"Segment.io": {"apiKey": key, "apiHost": f"{host}/v1", "protocol": request.scheme}},
        "plan": {},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "remotePlugins": [],
    }
    response = _json(body)
    response.headers["Cache-Control"] = "no-store"  # it names the host that was asked for
    return response


def _early() -> Caller | None:
    """A key in the header is checked before a byte of the body is read."""
    return authenticate("ingest") if key_in_header() else None


def _key_in(value: Any) -> str | None:
    key = value.get("writeKey") if isinstance(value, dict) else None
    return key if isinstance(key, str) else None


def _key_of_first(batch: Any) -> str | None:
    """Some clients put the key into each event. All must name the same one."""
    if not isinstance(batch, list):
        return None
    keys = {key for each in batch[: limits.BATCH_EVENTS] if (key := _key_in(each))}
    if len(keys) > 1:
        raise BadInputError("The events of one batch name different keys.", code="keys_differ")
    return next(iter(keys), None)


def _check_depth(value: Mapping[str, Any]) -> None:
    if depth(value) > limits.DOCUMENT_DEPTH:
        raise TooDeepError(f"The body nests deeper than {limits.DOCUMENT_DEPTH} levels.")


def _context(value: Mapping[str, Any]) -> Mapping[str, Any]:
    context = value.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise BadInputError("context must be a JSON object.", code="context_type")
    return context


def _envelope(document: Document, **rest: Any) -> Envelope:
    received_at = runtime().clock()
    given = document.value.get("sentAt")
    sent_at = None if given is None else clock_skew.parse_time(given)
    return Envelope(
        received_at=received_at,
        skew=clock_skew.clock_skew(sent_at, received_at),
        plain=document.plain,
        warnings=frozenset(("sent_at_ignored",)) if given is not None and sent_at is None else frozenset(),
        **rest,
    )


def _take(caller: Caller, value: Mapping[str, Any], batch: list[Any], envelope: Envelope) -> Response:
    sender = _sender(caller, value, batch, envelope)
    strict = request.headers.get("X-Strict-Mode") == "1"
    try:
        receipt = ingest(runtime(), sender, batch, envelope, strict=strict)
    except StrictModeError as error:
        return problem(error.status, error.code, error.message, errors=_pointers(error))
    return _json(_answer(receipt))


def _sender(caller: Caller, value: Mapping[str, Any], batch: list[Any], envelope: Envelope) -> Sender:
    """How far the caller is believed. Without a token a production workspace takes anonymous events only."""
    token = request.headers.get("X-Waypost-User-Token") or value.get("userToken")
    now = envelope.received_at
    if caller.kind == "secret":
        return Sender(caller.workspace_id, "server", caller.enforce_tokens)
    if not isinstance(token, str) or not token:
        if any(isinstance(each, dict) and each.get("userId") is not None for each in batch):
            caller.trust_for(None, None, now)
        return Sender(caller.workspace_id, "asserted", caller.enforce_tokens)
    claims = read_token(token, caller.token_secret, caller.workspace_id, now)
    group = claims.get("grp")
    return Sender(
        caller.workspace_id,
        "verified",
        caller.enforce_tokens,
        subject=str(claims["sub"]),
        group=group if isinstance(group, str) else None,
    )


def _answer(receipt: Receipt) -> dict[str, Any]:
    return {
        "success": True,
        "accepted": receipt.accepted,
        "duplicate": receipt.duplicate,
        "rejected": [
            {"index": each.index, "messageId": each.message_id, "code": each.code, "message": each.message}
            for each in receipt.rejected
        ],
    }


def _pointers(error: StrictModeError) -> list[dict[str, str]]:
    return [
        {"pointer": f"/batch/{each.index}", "code": each.code, "message": each.message}
        for each in error.rejections
    ]


def _json(body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body), mimetype="application/json")
