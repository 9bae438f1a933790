"""Endpoints that behave as badly as their name says: each takes a connection and does with it what it likes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket, threading.Event], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def endpoint(behaviour: Behaviour) -> Iterator[str]:
    """The address of a server whose every connection is handed to `behaviour`; the event ends with the block."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            behaviour(connection, over)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def hang(connection: socket.socket, over: threading.Event) -> None:
    """Reads, and never answers."""
    connection.recv(65536)
    over.wait(60)


def drip_header(connection: socket.socket, over: threading.Event) -> None:
    """Answers a byte at a time, and never comes to the end of the first header."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not over.wait(0.1):
        connection.sendall(b"x")


def drip_body(connection: socket.socket, over: threading.Event) -> None:
    """A good head, and then a byte at a time."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.1):
        connection.sendall(b"x")


def flood(connection: socket.socket, over: threading.Event) -> None:
    """A gigabyte, as fast as it goes."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1073741824\r\n\r\n")
    while not over.is_set():
        connection.sendall(b"\x1f\x8b" * 32768)


def flood_headers(connection: socket.socket, over: threading.Event) -> None:
    """Headers without end."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        connection.sendall(b"X-More: " + b"x" * 8000 + b"\r\n")


def loop(connection: socket.socket, over: threading.Event) -> None:
    """Sends everybody back to where they are."""
    del over
    connection.recv(65536)
    here = "{}:{}".format(*connection.getsockname())
    connection.sendall(
        f"HTTP/1.1 301 Moved\r\nLocation: http://{here}/\r\nContent-Length: 0\r\n\r\n".encode()
    )


def garbage(connection: socket.socket, over: threading.Event) -> None:
    """Neither HTTP nor TLS."""
    del over
    connection.recv(65536)
    connection.sendall(b"\x00\xff220 mail.example ESMTP\r\n" * 10)


def cut(connection: socket.socket, over: threading.Event) -> None:
    """Ends the connection in the middle of the answer's first line."""
    del over
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 2")


def over_tls(context: ssl.SSLContext, heard: list[bytes]) -> Behaviour:
    """Shows a certificate, and answers well whoever is content with it; `heard` is what such a one said."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        del over
        with context.wrap_socket(connection, server_side=True) as secure:
            heard.append(secure.recv(65536))
            secure.sendall(OK)
            while secure.recv(65536):  # closed on what is unread, the connection would take the answer back
                pass

    return behave
