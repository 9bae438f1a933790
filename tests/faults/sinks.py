"""Servers that only listen: what really arrived, not what the sender believes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.faults.fleet import free_port

PATIENCE_SECONDS = 900  # with a client that says nothing


class SmtpSink:
    """Keeps every message whose final dot arrived. `answer` may refuse recipients or messages."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.recipients: list[str] = []
        self.senders: list[str] = []
        self.at_rcpt = "250 OK"
        self.at_dot = "250 taken"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, rcpt_options: list[str]
    ) -> str:
        if self.at_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.at_dot.startswith("250"):
            self.messages.append(envelope.content)
            self.recipients += envelope.rcpt_tos
            self.senders.append(envelope.mail_from)
        return self.at_dot


class SlowSink(SmtpSink):
    """Lets the first one who names a recipient wait until it is `open`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.open = threading.Event(), threading.Event()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, rcpt_options: list[str]
    ) -> str:
        is_first = not self.asked.is_set()
        self.asked.set()
        while is_first and not self.open.is_set():
            await asyncio.sleep(0.05)
        return await super().handle_RCPT(server, session, envelope, address, rcpt_options)


@contextmanager
def smtp_sink(sink: SmtpSink | None = None) -> Iterator[tuple[Any, int]]:
    """A listening sink and its port."""
    sink = sink or SmtpSink()
    port = free_port()  # the controller knocks at its own port, so it must know it
    controller = Controller(sink, hostname="127.0.0.1", port=port, timeout=PATIENCE_SECONDS)
    controller.start()
    try:
        yield sink, port
    finally:
        controller.stop()


class HookSink:
    """Keeps every POST; answers with `status`, `headers` and `reply`."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.reply = b""
        self.paths: list[str] = []


@contextmanager
def hook_sink() -> Iterator[tuple[HookSink, str]]:
    """A listening sink and its URL."""
    sink = HookSink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.paths.append(self.path)
            sink.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(sink.status)
            for name, value in sink.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sink.reply)))
            self.end_headers()
            self.wfile.write(sink.reply)

        def log_message(self, *_: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield sink, f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        server.shutdown()
        server.server_close()
