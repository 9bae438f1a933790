"""`waypost web`: the API and the console behind granian."""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from typing import Any

import click

log = logging.getLogger("waypost.web")
PORT_S = 28.0  # a little longer than a process may take to end


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=7400, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes; one a core."
)
@click.option(
    "--threads", default=8, show_default=True, type=click.IntRange(1, 64), help="Threads a process."
)
def web(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the API and the console until told to stop. Needs WAYPOST_DATABASE_URL and WAYPOST_SECRET."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    from waypost_server.cli.logs import WEB_SERVER, configure, tell_unknown_settings

    rehearse()
    configure()
    tell_unknown_settings()
    wait_for(host, port)
    server = Granian(
        target="waypost",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=25,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        websockets=False,
        log_access=False,
        log_dictconfig=WEB_SERVER,
    )
    server.serve(target_loader=application, wrap_loader=False)


def rehearse() -> None:
    """Build the application once before the workers are forked: they inherit the imports, and errors show here.

    Refuses a database that may lose what it confirmed. Raises WaypostError.
    """
    from waypost_server.app import create_app
    from waypost_server.config import Settings
    from waypost_server.services import known_secret
    from waypost_server.services.runtime import Runtime
    from waypost_server.store.durability import check

    runtime: Runtime = create_app(Settings.from_env()).extensions["waypost"]
    check(runtime.db.engine)
    known_secret.look(runtime)
    runtime.db.engine.dispose()  # no connection may cross the fork


def wait_for(host: str, port: int, seconds: float = PORT_S) -> None:
    """Granian would share a taken port with whoever has it, and each would answer half of the requests.

    A killed predecessor's processes may still have it, and finish what they answer. Raises ConflictError.
    """
    from waypost_server.domain.errors import ConflictError

    until, told = time.monotonic() + seconds, False
    while error := _taken(host, port):
        if error.errno != errno.EADDRINUSE or time.monotonic() > until:
            raise ConflictError(f"Cannot listen on {host}:{port}: {error.strerror}.")
        if not told:
            log.warning("web.waits", extra={"port": port, "why": error.strerror, "seconds": seconds})
            told = True
        time.sleep(0.1)


def _taken(host: str, port: int) -> OSError | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def application() -> Any:
    """The WSGI application, made inside each worker process; it ends with the process that watches it."""
    from waypost_server.app import create_app
    from waypost_server.cli.collector import spare_the_collector
    from waypost_server.cli.embedded import leash
    from waypost_server.cli.logs import configure
    from waypost_server.config import Settings

    leash.tied_to(os.getppid())()
    configure()
    app = create_app(Settings.from_env())
    spare_the_collector()
    return app.wsgi_app
