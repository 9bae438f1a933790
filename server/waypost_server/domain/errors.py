"""Every error Waypost raises on purpose.

WaypostError (never raised itself)
├── BadInputError          what the caller sent can never succeed
│   ├── BadKeyError        the API key is missing, unknown, revoked or not allowed to do this
│   ├── ForbiddenError     the caller is known but may not do this
│   ├── TokenError         the user token is missing or does not hold
│   ├── TooLargeError      over a documented size limit
│   ├── NotFoundError      no such thing in this workspace
│   ├── ConflictError      the thing changed meanwhile; read it again
│   │   └── StaleError      it has another version than the caller knows
│   └── NoVersionError     the caller must say which version it knows
├── HeldError              a nudge is held for a stated reason
├── TemplateError          a template is refused or failed to render
└── UnavailableError       it cannot be done just now, as while the database is away; try again later
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class WaypostError(Exception):
    """Root of the tree. `code` is part of the API and never changes; `status` is its HTTP status."""

    code = "error"
    status = 500

    def __init__(
        self, message: str, *, code: str | None = None, detail: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.detail = dict(detail or {})


class BadInputError(WaypostError):
    """What the caller sent can never succeed as it is."""

    code = "bad_input"
    status = 400


class BadKeyError(BadInputError):
    """The API key is missing, unknown, revoked, or lacks the scope."""

    code = "bad_key"
    status = 401


class ForbiddenError(BadInputError):
    """The caller is known but may not do this."""

    code = "forbidden"
    status = 403


class TokenError(BadInputError):
    """The user token is missing or does not hold."""

    code = "token_invalid"
    status = 401


class TooLargeError(BadInputError):
    """Over a documented size limit."""

    code = "too_large"
    status = 413


class NotFoundError(BadInputError):
    """No such thing in this workspace (another workspace's id reads the same)."""

    code = "not_found"
    status = 404


class ConflictError(BadInputError):
    """The thing changed meanwhile; read it again and repeat."""

    code = "conflict"
    status = 409


class StaleError(ConflictError):
    """It has another version than the one the caller knows (If-Match)."""

    code = "version_changed"
    status = 412


class NoVersionError(BadInputError):
    """The caller must say which version it knows, so that it overwrites nothing unseen."""

    code = "version_required"
    status = 428


class HeldError(WaypostError):
    """A nudge is held; `reason` says which gate, `detail` gives its numbers."""

    code = "held"
    status = 409

    def __init__(self, reason: str, *, detail: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"This nudge is held: {reason.replace('_', ' ')}.", detail=detail)
        self.reason = reason


class TemplateError(WaypostError):
    """A template is refused, or failed to render."""

    code = "template"
    status = 400


class UnavailableError(WaypostError):
    """The database cannot be reached; the caller should try again later."""

    code = "unavailable"
    status = 503
