"""User tokens hold for a standard JWT library, and what the server would refuse is refused here."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from waypost import ConfigError, user_token

SECRET = "0123456789abcdef0123456789abcdef"


def test_a_token_is_a_valid_jwt() -> None:
    """PyJWT verifies signature, audience and expiry, and reads user and account."""
    token = user_token("ü1", SECRET, workspace="ws1", account_id="acme", ttl_seconds=600)
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="ws1")
    assert (claims["sub"], claims["grp"]) == ("ü1", "acme")
    assert claims["exp"] - claims["iat"] == 600
    assert abs(claims["iat"] - time.time()) < 60


def test_another_secret_or_an_old_token_does_not_hold() -> None:
    """A token of another secret, and one past its time, are refused by the verifier."""
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(user_token("u", SECRET, workspace="w"), "x" * 32, algorithms=["HS256"], audience="w")
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(user_token("u", SECRET, workspace="w", now=0), SECRET, algorithms=["HS256"], audience="w")


@pytest.mark.parametrize(
    "changed",
    [{"user_id": ""}, {"secret": ""}, {"workspace": ""}, {"ttl_seconds": 0}, {"ttl_seconds": 86_401}],
)
def test_what_the_server_would_refuse_is_refused_here(changed: dict[str, Any]) -> None:
    """An empty user or secret, or a life over a day, raises."""
    with pytest.raises(ConfigError):
        user_token(**{"user_id": "u", "secret": SECRET, "workspace": "w", **changed})
