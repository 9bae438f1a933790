"""The one way out over HTTP: public addresses only, no redirects, a deadline over everything.

The name is resolved once, every address it has must be public, and the connection goes to the address that
was checked, so that a name server cannot change its mind in between. No proxies, no .netrc, no cookies.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

TOTAL_SECONDS = 15.0
RESOLVE_SECONDS = 5.0
MAX_REPLY = 64 * 1024
PORTS = (443, 8443)
_REFUSED = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # among them a cloud's metadata; newer Pythons know
        "192.88.99.0/24",
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "fec0::/10",
        "5f00::/16",
        "3fff::/20",
    )
]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class EgressError(Exception):
    """Nothing was sent: the address is not allowed, or could not be reached."""

    def __init__(self, message: str, *, forbidden: bool = False) -> None:
        super().__init__(message)
        self.forbidden = forbidden


class WithdrawnError(Exception):
    """The caller changed its mind once the connection stood; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered; at most 64 KB of body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_public(address: Address) -> bool:
    """A globally routed unicast address. Python's own `is_global` lets several embedded kinds through."""
    if not address.is_global or address.is_multicast:
        return False
    return not any(address in network for network in _REFUSED if network.version == address.version)


@dataclass(frozen=True, slots=True)
class Egress:
    """Posts to the outside. `allow_loopback` is for development: http, any port, this machine only."""

    allow_loopback: bool = False
    total_seconds: float = TOTAL_SECONDS

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, ready: Callable[[], bool] = lambda: True
    ) -> Reply:
        """POST and read the reply. Raises EgressError when nothing can have been taken, else OSError.

        `ready` is asked when the connection stands and no byte of the message has left; if it says no,
        WithdrawnError.
        """
        deadline = time.monotonic() + self.total_seconds
        host, port, secure, target = self._parts(url)
        address = self._resolve(host, port, secure)
        connection = self._connect(host, address, port, secure=secure, deadline=deadline)
        try:
            if not ready():
                raise WithdrawnError
            with _cut_at(connection.sock, deadline):
                return _exchange(connection, target, body, headers=headers, deadline=deadline)
        except http.client.HTTPException as error:
            raise OSError(f"the answer is not HTTP: {type(error).__name__}") from error
        finally:
            connection.close()

    def _parts(self, url: str) -> tuple[str, int, bool, str]:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise EgressError("the address is not a URL", forbidden=True) from error
        host, secure = parts.hostname, parts.scheme == "https"
        if not host or parts.username is not None or parts.password is not None:
            raise EgressError("the address needs a host and must not carry a login", forbidden=True)
        if not secure and not (self.allow_loopback and parts.scheme == "http"):
            raise EgressError("only https is allowed", forbidden=True)
        port = port or (443 if secure else 80)
        if port not in PORTS and not self.allow_loopback:
            raise EgressError(f"port {port} is not allowed; use 443 or 8443", forbidden=True)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if any(ord(character) < 33 or ord(character) > 126 for character in target + host):
            raise EgressError("the address has characters that a URL must escape", forbidden=True)
        return host, port, secure, target

    def _resolve(self, host: str, port: int, secure: bool) -> Address:
        addresses = _lookup(host, port)
        for address in addresses:
            loopback_ok = self.allow_loopback and address.is_loopback
            if not loopback_ok and not (secure and port in PORTS and is_public(address)):
                raise EgressError(f"{host} leads to an address that is not public", forbidden=True)
        return addresses[0]

    def _connect(
        self, host: str, address: Address, port: int, *, secure: bool, deadline: float
    ) -> http.client.HTTPConnection:
        try:
            raw = socket.create_connection((str(address), port), timeout=_left(deadline))
            if ipaddress.ip_address(raw.getpeername()[0]) != address:
                raise EgressError("connected to another address than the one checked", forbidden=True)
            if secure:
                with _cut_at(raw, deadline):
                    raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        except (OSError, ssl.SSLError) as error:
            raise EgressError(f"no connection: {error}") from error
        connection = http.client.HTTPConnection(host, port)
        connection.sock = raw
        return connection


def _lookup(host: str, port: int) -> list[Address]:
    """Resolve with a time limit; the system's own call has none."""
    found: list[Address] = []
    failure: list[OSError] = []

    def look() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows)
        except (OSError, UnicodeError) as error:
            failure.append(OSError(str(error)))

    thread = threading.Thread(target=look, name="waypost-resolve", daemon=True)
    thread.start()
    thread.join(RESOLVE_SECONDS)
    if not found:
        raise EgressError(f"{host} cannot be resolved" + (f": {failure[0]}" if failure else ""))
    return found


def _exchange(
    connection: http.client.HTTPConnection,
    target: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    deadline: float,
) -> Reply:
    connection.sock.settimeout(_left(deadline))
    connection.request(
        "POST", target, body, {**headers, "Accept-Encoding": "identity", "Connection": "close"}
    )
    connection.sock.settimeout(_left(deadline))
    sock = connection.sock
    response = connection.getresponse()
    data = b""
    while len(data) < MAX_REPLY:
        sock.settimeout(_left(deadline))
        piece = response.read1(min(8192, MAX_REPLY - len(data)))
        if not piece:
            break
        data += piece
    return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, data)


@contextmanager
def _cut_at(sock: socket.socket, deadline: float) -> Iterator[None]:
    """End the connection at the deadline. A socket's own time limit starts anew with every byte that arrives, so an
    answer that drips would hold a worker for ever. Raises TimeoutError when it came to that."""
    copy = socket.socket(
        fileno=os.dup(sock.fileno())
    )  # the same connection, and ours to the end of the block
    timer = threading.Timer(_left(deadline), _cut, [copy])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        copy.close()
    _left(deadline)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left
