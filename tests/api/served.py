"""A real web server on a real database, for clients and tools that need a port."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults.fleet import free_port

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def served(database_url: str, *, workers: int = 2, before: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
    """The address and process id of granian serving the app; `before` is put in front of the command."""
    port = free_port()
    child = subprocess.Popen(
        [*before, sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port),
         "--workers", str(workers), "--blocking-threads", "2", "--no-ws", "--log-level", "warning",
         "tests.api.served:application"],
        cwd=ROOT,
        env={**os.environ, "WAYPOST_DATABASE_URL": database_url, "WAYPOST_SECRET": "s" * 32},
        start_new_session=True,  # what is put in front may not hand a signal on: the whole group gets it
    )  # fmt: skip
    try:
        _wait(port, child)
        yield f"http://127.0.0.1:{port}", child.pid
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _wait(port: int, child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        if child.poll() is not None:
            raise RuntimeError(f"the server ended with {child.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def application() -> object:
    """The WSGI application, by the settings in the environment."""
    from waypost_server.app import create_app
    from waypost_server.config import Settings

    return create_app(Settings.from_env()).wsgi_app
