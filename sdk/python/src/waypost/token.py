"""Signs the short-lived token by which a browser proves which user it speaks for."""

from __future__ import annotations

import json
import time

from waypost.errors import ConfigError

LONGEST_SECONDS = 24 * 3600


def user_token(
    user_id: str,
    secret: str | bytes,
    *,
    workspace: str,
    account_id: str | None = None,
    ttl_seconds: int = 3600,
    now: float | None = None,
) -> str:
    """Return a JWT (HS256) that names `user_id`, for `userToken` of the browser SDK.

    `workspace` is the workspace's id and `secret` its token secret; `now` is seconds since 1970 and only
    for tests. Raises `ConfigError` for what the server would refuse: it is better known here.
    """
    if not user_id or not isinstance(user_id, str):
        raise ConfigError("user_id must be a non-empty string.")
    if not secret or not workspace:
        raise ConfigError("secret and workspace must not be empty; see Settings, Keys.")
    if not 0 < ttl_seconds <= LONGEST_SECONDS:
        raise ConfigError(f"ttl_seconds must be 1 to {LONGEST_SECONDS}, not {ttl_seconds}.")
    issued = int(time.time() if now is None else now)
    claims: dict[str, str | int] = {"sub": user_id, "aud": workspace, "iat": issued}
    claims["exp"] = issued + int(ttl_seconds)
    if account_id is not None:
        claims["grp"] = account_id
    return _signed(claims, secret.encode() if isinstance(secret, str) else secret)


def _signed(claims: dict[str, str | int], secret: bytes) -> str:
    import hashlib  # here, not above: most processes never sign, and these cost start-up time
    import hmac
    from base64 import urlsafe_b64encode

    def part(data: bytes) -> bytes:
        return urlsafe_b64encode(data).rstrip(b"=")

    head = json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode()
    body = json.dumps(claims, separators=(",", ":")).encode()
    signing_input = part(head) + b"." + part(body)
    signature = hmac.new(secret, signing_input, hashlib.sha256).digest()
    return (signing_input + b"." + part(signature)).decode("ascii")
