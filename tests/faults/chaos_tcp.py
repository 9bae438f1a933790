"""A proxy in front of PostgreSQL's socket that can fall silent: bytes go in, and nothing ever comes out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Forwards while `is_open`; while it is not, everything waits, on connections old and new."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.port = 0
        self.connections = 0
        self._open: asyncio.Event | None = None
        self._loop = asyncio.new_event_loop()

    def silence(self) -> None:
        """From now on nothing is passed on, in either direction."""
        assert self._open is not None
        self._loop.call_soon_threadsafe(self._open.clear)

    def speak(self) -> None:
        """What waits is passed on, and everything after it."""
        assert self._open is not None
        self._loop.call_soon_threadsafe(self._open.set)

    def run(self, started: threading.Event) -> None:
        """The proxy's thread."""
        self._loop.run_until_complete(self._serve(started))

    def end(self) -> None:
        """Stop listening and end every connection."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)])

    async def _serve(self, started: threading.Event) -> None:
        self._open = asyncio.Event()
        self._open.set()
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, asyncio.CancelledError):
            there, back = await asyncio.open_unix_connection(self.upstream)
            await asyncio.wait(
                [
                    asyncio.ensure_future(self._copy(reader, back)),
                    asyncio.ensure_future(self._copy(there, writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
            back.close()
        writer.close()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        assert self._open is not None
        with suppress(OSError):
            while data := await source.read(65536):
                await self._open.wait()
                target.write(data)
                await target.drain()


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """A proxy on a port of its own."""
    made, started = Proxy(upstream), threading.Event()
    thread = threading.Thread(target=made.run, args=(started,), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield made
    finally:
        made.speak()
        made.end()
        thread.join(10)
