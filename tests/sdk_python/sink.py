"""A real HTTP server on the loopback that keeps what it takes and answers as told."""

from __future__ import annotations

import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

PATIENCE_SECONDS = 45.0


class Answer(NamedTuple):
    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class Seen(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    wire_bytes: int
    at: float
    status: int
    connection: int


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # five, the default, is less than the threads that connect at once


class Sink:
    """`answers` are used up in order, then every request gets 200. `gate` cleared: answers wait."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.answer_to: Callable[[dict[str, Any]], Answer | None] = lambda body: None
        self.seen: list[Seen] = []
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Event()
        self.port = 0
        self._changed = threading.Condition()
        self._sockets: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def batches(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.status == 200 and seen.path.endswith("/batch")]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for seen in self.batches for event in seen.body["batch"]]

    @property
    def names(self) -> list[str]:
        return [event["event"] for event in self.events]

    @property
    def losses(self) -> list[dict[str, int]]:
        """What clients said they had lost, with each batch that was taken."""
        return [seen.body["context"]["dropped"] for seen in self.batches if "dropped" in seen.body["context"]]

    def wait_for(self, is_true: Callable[[], bool], what: str) -> None:
        with self._changed:
            assert self._changed.wait_for(is_true, PATIENCE_SECONDS), f"never happened: {what}"

    def up(self) -> None:
        self._server = _Server(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Stop listening and cut every open connection."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        self.cut()

    def cut(self) -> None:
        """Cut every open connection, but keep listening."""
        for connection in list(self._sockets):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def take(self, handler: BaseHTTPRequestHandler) -> Answer:
        raw = handler.rfile.read(int(handler.headers["Content-Length"]))
        plain = zlib.decompress(raw, wbits=31) if handler.headers.get("Content-Encoding") == "gzip" else raw
        body = json.loads(plain, parse_constant=lambda name: f"not JSON: {name}")
        at = time.monotonic()
        self.arrived.set()
        self.gate.wait(PATIENCE_SECONDS)
        with self._changed:
            answer = self.answer_to(body) or (self.answers.pop(0) if self.answers else Answer())
            port = handler.client_address[1]
            self.seen.append(
                Seen(handler.path, dict(handler.headers), body, len(raw), at, answer.status, port)
            )
            self._changed.notify_all()
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                sink._sockets.add(self.request)
                super().setup()

            def finish(self) -> None:
                sink._sockets.discard(self.request)
                super().finish()

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    return  # cut by the test or by the client

            def do_POST(self) -> None:
                answer = sink.take(self)
                body = b'{"success":true,"rejected":[]}' if answer.body is None else answer.body
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        return Handler
