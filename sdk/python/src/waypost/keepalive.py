"""The real transport: one kept-alive `http.client` connection, with a deadline for the whole exchange."""

from __future__ import annotations

import functools
import http.client
import io
import select
import socket
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from waypost.errors import TransportError
from waypost.transport import Response

ANSWER_BYTES = 4_000_000


class HttpTransport:
    """Posts to one host. Follows no redirects and reads no proxy settings."""

    def __init__(self, host: str) -> None:
        parts = urlsplit(host)
        secure = parts.scheme == "https"
        self._make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._netloc = parts.netloc
        self._prefix = parts.path.rstrip("/")
        self._connection: http.client.HTTPConnection | None = None

    def send(self, path: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Response:
        """POST, on the open connection if the server has not closed it; once more if it just did."""
        deadline = time.monotonic() + timeout
        reused = self._drop_if_stale()
        try:
            return self._exchange(path, body, headers, deadline)
        except (ConnectionError, http.client.RemoteDisconnected) as error:
            self.close()
            if not reused:
                raise TransportError(type(error).__name__) from error
        except TimeoutError as error:
            self.close()
            raise TransportError("no answer in time", code="timeout") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise TransportError(type(error).__name__) from error
        # The server closed an idle connection as we wrote. Message ids make sending again harmless.
        return self.send(path, body, headers, max(0.001, deadline - time.monotonic()))

    def close(self) -> None:
        """Close the connection, if any."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _exchange(self, path: str, body: bytes, headers: Mapping[str, str], deadline: float) -> Response:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._make(self._netloc, timeout=_left(deadline))
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock.settimeout(_left(deadline))
        connection.response_class = functools.partial(_Answer, deadline)  # type: ignore[assignment]  # a factory will do
        connection.request("POST", self._prefix + path, body, dict(headers))
        answer = connection.getresponse()
        data = answer.read(ANSWER_BYTES + 1)
        if len(data) > ANSWER_BYTES:
            raise ValueError("answer too long")
        if answer.will_close:
            self.close()
        return Response(answer.status, data, answer.headers.get("Retry-After"))

    def _drop_if_stale(self) -> bool:
        connection = self._connection
        if connection is None:
            return False
        if connection.sock is None or _is_readable(connection.sock):
            self.close()  # readable while nothing was asked: the server has closed it
            return False
        return True


class _Answer(http.client.HTTPResponse):
    """A response whose every read counts against one deadline, so a slow drip cannot hold the caller."""

    def __init__(self, deadline: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_DeadlineReader(sock, deadline))


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)  # holds the socket open until the body is read
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(_left(self._deadline))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _is_readable(sock: socket.socket) -> bool:
    if not hasattr(select, "poll"):  # Windows, whose select has no limit on descriptor numbers
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
