"""Errors of the SDK. Only `ConfigError` reaches a caller; the others are turned into counts and codes.

WaypostError (never raised itself)
├── ConfigError        an option or a token argument can never work: raised where it was written
├── ClosedError        a call on a closed client: counted, not raised
├── InvalidEventError  an event that can never be sent: counted, not raised
└── TransportError     no answer from the server: retried by the sender, a code on a Decision
"""

from __future__ import annotations


class WaypostError(Exception):
    """Root of the tree. `code` is stable and part of the API."""

    code = "error"


class ConfigError(WaypostError, ValueError):
    """An option or a token argument that can never work. The message names the remedy."""

    code = "config"


class ClosedError(WaypostError):
    """A call after `close()`."""

    code = "closed"


class InvalidEventError(WaypostError):
    """An event whose arguments cannot become a valid event."""

    code = "invalid"


class TransportError(WaypostError):
    """No usable answer came back. `code` is `timeout` or `network`."""

    code = "network"

    def __init__(self, message: str, *, code: str = "network") -> None:
        super().__init__(message)
        self.code = code
