"""The port to the network: what the sender needs of it, and how the real one is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from waypost import loading


class Response(NamedTuple):
    """What came back. `retry_after` is the header as sent: seconds or a date."""

    status: int
    body: bytes = b""
    retry_after: str | None = None


class Transport(Protocol):
    """One way to reach the server. Used by one thread at a time."""

    def send(self, path: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Response:
        """POST the body to the path; raise `TransportError` when no answer came within `timeout` seconds."""

    def close(self) -> None:
        """Let go of the connection; a later `send` opens a new one."""


def http_transport(host: str) -> Transport:
    """Return the real transport. Importing it costs 20 ms, so the sender's thread does it, not the app's."""
    transport: Transport = loading.load().HttpTransport(host)
    return transport
