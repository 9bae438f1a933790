"""User tokens as somebody would forge them: the workspace's secret, audience and times, and nothing else."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import jwt
import pytest

from tests.builders import TOKEN_SECRET, WORKSPACE, Clock
from waypost_server.api.auth import read_token
from waypost_server.domain.errors import TokenError

NOW = Clock()()
GOOD = {"sub": "u1", "aud": WORKSPACE, "exp": int(NOW.timestamp()) + 600}


def signed(secret: str = TOKEN_SECRET, algorithm: str = "HS256", headers: Any = None, **claims: Any) -> str:
    """A token whose claims differ from a good one's by `claims`; None leaves one out."""
    values = {name: value for name, value in {**GOOD, **claims}.items() if value is not None}
    return jwt.encode(values, secret, algorithm, headers=headers)


def unsigned(algorithm: str, signature: str = "") -> str:
    """A good token whose header names an algorithm, with any signature."""
    parts = [json.dumps(part).encode() for part in ({"alg": algorithm, "typ": "JWT"}, GOOD)]
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), signature])


def test_a_good_token_holds() -> None:
    """Signed with the secret, for this workspace, for ten minutes."""
    assert read_token(signed(), TOKEN_SECRET, WORKSPACE, NOW)["sub"] == "u1"


FORGED = {
    "no algorithm": unsigned("none"),
    "no algorithm, in other letters": unsigned("None", "AAAA"),
    "no signature": unsigned("HS256"),
    "another algorithm": signed(TOKEN_SECRET * 2, "HS512"),
    "another secret": signed("another-secret-of-the-tests-0123456789"),
    "another workspace": signed(aud="other"),
    "no workspace": signed(aud=None),
    "nobody": signed(sub=None),
    "no end": signed(exp=None),
    "over": signed(exp=GOOD["exp"] - 631),
    "too long": signed(exp=GOOD["exp"] + 86_500),
    "an end that never comes": signed(exp=math.inf),
    "an end that is no number": signed(exp=math.nan),
    "an end of many digits": signed(exp=10**400),
    "a beginning that is no number": signed(nbf=math.nan),
    "not yet": signed(nbf=GOOD["exp"]),
    "an extension": signed(headers={"crit": ["x"], "x": 1}),
    "not a token": "a.b.c",
    "a very long one": "a" * 5_000,
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_any_other_is_refused(token: str) -> None:
    """With an error of ours, whatever is wrong with it."""
    with pytest.raises(TokenError):
        read_token(token, TOKEN_SECRET, WORKSPACE, NOW)
