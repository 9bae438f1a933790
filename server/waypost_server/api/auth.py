"""Who is calling: an API key with scopes, and (for browsers) a signed user token.

Keys are cached for five seconds, so a revoked key stops within that time and a hot request costs no query.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from flask import current_app, request

from waypost_server.domain.api_key import parse_key
from waypost_server.domain.errors import BadKeyError, ForbiddenError, TokenError
from waypost_server.services.runtime import Runtime
from waypost_server.store import keys

KEY_TTL = timedelta(seconds=5)
TOKEN_LIMIT = 4096  # characters; checked before any decoding
KEPT = 10_000  # keys looked up and remembered; guesses must not grow the process
HEADER_KEPT = 200  # characters of a header that is remembered: a key needs no more
_cache: dict[tuple[int, str], tuple[datetime, keys.KeyRecord | None]] = {}
_callers: dict[tuple[int, str], tuple[datetime, Caller]] = {}  # by header; aged from when the key was read


@dataclass(frozen=True, slots=True)
class Caller:
    """A checked key. `trust` says how far a user id in the request may be believed."""

    workspace_id: str
    key_id: str
    kind: str  # public | secret
    scopes: tuple[str, ...]
    enforce_tokens: bool
    token_secret: str

    def trust_for(self, user_id: str | None, token: str | None, now: datetime) -> str:
        """ "server", "verified" or "asserted"; raises TokenError where the workspace enforces tokens."""
        if self.kind == "secret":
            return "server"
        if token is None:
            if self.enforce_tokens:
                raise TokenError(
                    "This workspace needs a signed user token with the public key: pass userToken.",
                    code="token_required",
                )
            return "asserted"
        subject = read_token(token, self.token_secret, self.workspace_id, now)["sub"]
        if user_id is not None and subject != user_id:
            raise TokenError("The user token is for another user than userId.")
        return "verified"


def runtime() -> Runtime:
    """The runtime of the app that serves this request."""
    value: Runtime = current_app.extensions["waypost"]
    return value


def key_in_header() -> str | None:
    """The key from `Authorization: Basic key:` (colon optional) or `Bearer key`."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() != "basic" or not rest:
        return None
    try:
        text = base64.b64decode(rest.strip() + "=" * (-len(rest.strip()) % 4), validate=True).decode("ascii")
    except (ValueError, UnicodeDecodeError):
        return None
    return text.partition(":")[0] or None


def authenticate(scope: str, key_text: str | None = None) -> Caller:
    """The caller, by the header or by `key_text` (a key found in the body).

    Raises BadKeyError (401) for a missing or unknown key, ForbiddenError (403) for a key without `scope`
    and for a secret key used from a browser.
    """
    caller = _caller(key_text)
    if caller.kind == "secret" and "Origin" in request.headers:
        raise ForbiddenError(
            "A secret key must never be used in a browser. Revoke it and use a public key.",
            code="secret_key_in_browser",
        )
    if scope not in caller.scopes:
        raise ForbiddenError(
            f"This key may not {scope}. Use a key with the scope {scope}.", code="scope_missing"
        )
    return caller


def _caller(key_text: str | None) -> Caller:
    """Who holds the key. A header seen within the key's five seconds is not taken apart again."""
    context = runtime()
    now = context.clock()
    slot = (id(context.db), request.headers.get("Authorization", ""))
    known = _callers.get(slot)
    if known is not None and _is_fresh(known[0], now):
        return known[1]
    header_key = key_in_header()
    text = header_key or key_text
    if not text:
        raise BadKeyError(
            "Send your API key: Authorization: Basic, with the key as user name.", code="key_missing"
        )
    read_at, record = _lookup(text)
    caller = Caller(
        workspace_id=record.workspace_id,
        key_id=record.id,
        kind=record.kind,
        scopes=record.scopes,
        enforce_tokens=record.workspace_mode == "production",
        token_secret=record.token_secret,
    )
    if header_key and len(slot[1]) <= HEADER_KEPT:
        _keep(_callers, slot, (read_at, caller))
    return caller


def _is_fresh(read_at: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - read_at < KEY_TTL


def _keep(cache: dict[Any, Any], slot: Any, entry: Any) -> None:
    if len(cache) >= KEPT:
        cache.clear()
    cache[slot] = entry


def _lookup(text: str) -> tuple[datetime, keys.KeyRecord]:
    """The key's record, and when it was read."""
    parsed = parse_key(text)
    read_at, record = _record(parsed.id) if parsed else (None, None)
    if (
        parsed is None
        or read_at is None
        or record is None
        or not hmac.compare_digest(record.hash, parsed.hash)
    ):
        raise BadKeyError("This API key is not known. Copy it again from Settings, Keys.")
    if record.revoked_at is not None:
        raise BadKeyError("This API key was revoked. Create a new one in Settings, Keys.", code="key_revoked")
    return read_at, record


def _record(key_id: str) -> tuple[datetime, keys.KeyRecord | None]:
    context = runtime()
    slot, now = (id(context.db), key_id), context.clock()
    cached = _cache.get(slot)
    if cached is not None and _is_fresh(cached[0], now):
        return cached
    with context.db.read() as session:
        record = keys.find(session, key_id)
    if record is not None and record.last_used_on != now.date():
        with context.db.write() as session:
            keys.mark_used(session, key_id, now.date())
    _keep(_cache, slot, (now, record))
    return now, record


def read_token(token: str, secret: str, workspace_id: str, now: datetime) -> dict[str, Any]:
    """The claims of a user token. Raises TokenError: too long, not HS256, wrong signature, audience or time.

    The algorithm comes from the workspace, never from the token's header; `exp` is required and at most a day ahead.
    """
    if len(token) > TOKEN_LIMIT:
        raise TokenError("The user token is over 4,096 characters.")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=workspace_id,
            leeway=30,
            options={
                "require": ["sub", "exp", "aud"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError as error:
        raise TokenError(
            "The user token does not hold. Sign it with this workspace's token secret."
        ) from error
    _check_times(claims, now.timestamp())
    return claims


def _check_times(claims: dict[str, Any], now: float) -> None:
    expires, not_before = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int | float) or not isinstance(not_before, int | float):
        raise TokenError("The user token's exp and nbf must be numbers.")
    if not expires >= now - 30:  # asked this way round, because NaN is neither before nor after
        raise TokenError(
            "The user token has expired. Fetch a new one before each page view.", code="token_expired"
        )
    if not (expires <= now + 86_400 + 30 and not_before <= now + 30):
        raise TokenError("The user token must be valid now and for at most 24 hours.")
