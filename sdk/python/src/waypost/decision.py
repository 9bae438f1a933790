"""What `decide` answers: the nudges for one user, best first, or why there are none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from waypost.transport import Response


class Decision(NamedTuple):
    """The nudges a user may see now, best first; empty with `error` set when the server gave no answer.

    `ttl` is in seconds. `error` is a stable code (`timeout`, `network`, `closed`, `invalid`,
    `bad_response`, or the server's own code such as `unauthorized`), None when all went well.
    """

    user_id: str
    account_id: str | None = None
    release: int | None = None
    ttl: int = 0
    nudges: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None

    @property
    def first(self) -> Mapping[str, Any] | None:
        """The best nudge, or None."""
        return self.nudges[0] if self.nudges else None


def decision_from(response: Response, asked: Decision) -> Decision:
    """Read the server's answer. Anything unreadable becomes `asked` with an error code."""
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return asked._replace(error=_http_code(response.status))
    if response.status != 200:
        code = body.get("code")
        return asked._replace(error=code if isinstance(code, str) else _http_code(response.status))
    nudges = body.get("nudges")
    if not isinstance(nudges, list) or not all(isinstance(nudge, dict) for nudge in nudges):
        return asked._replace(error="bad_response")
    release, ttl, account = body.get("release"), body.get("ttl"), body.get("accountId")
    return asked._replace(
        account_id=account if isinstance(account, str) else asked.account_id,
        release=release if isinstance(release, int) else None,
        ttl=ttl if isinstance(ttl, int) else 0,
        nudges=tuple(nudges),
    )


def _http_code(status: int) -> str:
    return "bad_response" if status == 200 else f"http_{status}"
