"""One run of the embedded mode, from the first lock to the last child's end."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from waypost_server.cli.embedded import lock, programs
from waypost_server.cli.embedded.folder import Folder, FolderError, prepare, read_json, write_private
from waypost_server.cli.embedded.tree import Tree
from waypost_server.domain.errors import WaypostError

START_S = 60.0  # to answer for the first time
PORT_S = 5.0  # for the port of a killed predecessor to become free


class StartError(WaypostError):
    """Waypost could not start."""

    code = "start"


@dataclass(frozen=True, slots=True)
class Options:
    """What the person asked for."""

    data: Path
    port: int
    nudges: Path | None
    demo: bool
    story: bool
    ready_file: Path | None
    open_browser: bool
    began: float
    environ: Mapping[str, str]


def run_tree(options: Options) -> int:
    """Run until told to stop. Raises WaypostError when something is in the way of starting."""
    nudges = _nudges_folder(options)
    _check_ready_file(options.ready_file)
    folder = prepare(options.data)
    locks = lock.acquire(folder)
    port = _free_port(options.port, folder)
    tree = Tree(_say, inherit=(locks.tree,))
    tree.listen()
    try:
        facts = _start(tree, folder, options, port=port, nudges=nudges)
        if facts is not None:
            _stay(tree, folder, options, facts)
    finally:
        if options.ready_file is not None:
            options.ready_file.unlink(missing_ok=True)
        tree.stop(last="valkey")
    _say("Stopped.")
    return 0


def _start(
    tree: Tree, folder: Folder, options: Options, *, port: int, nudges: Path | None
) -> dict[str, Any] | None:
    """Start the children while this process prepares the folder; the facts of the run, None if told to stop."""
    url, sock = f"http://127.0.0.1:{port}", folder.socket
    redis_url = f"unix://{sock}?db=0"
    values = folder.environment(redis_url=redis_url, base_url=url)
    env = {**options.environ, **values, "WAYPOST_DATA": str(folder.path)}
    write_private(
        folder.run_file, json.dumps({"pid": os.getpid(), "url": url, "port": port, "redis_url": redis_url})
    )
    tree.start(programs.valkey(folder, sock, options.environ))
    tree.start(programs.web(folder, port, env))
    from waypost_server.cli.embedded.prepare import prepare as fill
    from waypost_server.config import Settings

    settings = Settings.from_env({**env, "WAYPOST_REDIS_URL": ""})  # nobody to wake yet
    prepared = fill(folder, settings, demo=options.demo, nudges=nudges, say=_say)
    demo_url = _start_demo(tree, folder, env, prepared) if options.demo else None
    if not _answers(tree, port, "web"):
        return None
    tree.start(programs.worker(folder, env))  # only now: it imports for a second, and nobody waits for it
    from waypost_server.cli.embedded.report import ready

    return ready(prepared, url, demo_url, {"parent": os.getpid(), **tree.pids()})


def _start_demo(tree: Tree, folder: Folder, env: dict[str, str], prepared: Any) -> str:
    env |= {
        "WAYPOST_URL": env["WAYPOST_BASE_URL"],
        "WAYPOST_WORKSPACE": prepared.workspace,
        "WAYPOST_PUBLIC_KEY": prepared.public_key,
        "WAYPOST_SECRET_KEY": prepared.secret_key,
        "WAYPOST_TOKEN_SECRET": prepared.token_secret,
    }
    port = _any_port()
    url = env["WAYPOST_DEMO_URL"] = f"http://127.0.0.1:{port}"
    tree.start(programs.demo_product(folder, port, env))
    return url


def _stay(tree: Tree, folder: Folder, options: Options, facts: dict[str, Any]) -> None:
    from waypost_server.cli.embedded.report import print_table, write_ready_file

    if options.ready_file is not None:
        write_ready_file(options.ready_file, facts)
    print_table(facts, folder, time.monotonic() - options.began)
    if options.open_browser:
        import webbrowser

        webbrowser.open(facts["login_url"])
    if options.demo and options.story:
        tree.start(programs.story(tree.children["demo"].program.env))
    while not tree.stopping:
        tree.tick(0.5)
        current = {"parent": os.getpid(), **tree.pids()}
        if options.ready_file is not None and current != facts["pids"] and not tree.stopping:
            facts["pids"] = current  # a child came back under another number
            write_ready_file(options.ready_file, facts)


def _answers(tree: Tree, port: int, role: str) -> bool:
    """Wait for the first good answer; False when told to stop. Raises StartError when it will not come."""
    deadline = time.monotonic() + START_S
    while not tree.stopping:
        if _ready(port):
            return True
        child = tree.children[role]
        if child.deaths >= 3 or time.monotonic() > deadline:
            raise StartError(f"{role} does not start. {child.last_line()} See {child.program.log}.")
        tree.tick(0.03)
    return False


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port(port: int, folder: Folder) -> int:
    """The port if it is free (waiting for one that a killed predecessor had). Raises StartError."""
    if port == 0:
        return _any_port()
    patience = PORT_S if read_json(folder.run_file).get("port") == port else 0.0
    deadline = time.monotonic() + patience
    while not _bindable(port):
        if time.monotonic() >= deadline:
            raise StartError(f"Port {port} is taken by another program. Choose another with --port.")
        time.sleep(0.1)
    return port


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise StartError(f"This user may not listen on port {port}. Choose one from 1024 up.") from error
        except OSError:
            return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _nudges_folder(options: Options) -> Path | None:
    """Where the definitions are, if anywhere. Raises StartError when they were asked for and are missing."""
    folder = options.nudges or Path("nudges")
    if folder.is_dir():
        return folder.absolute()
    if options.nudges is not None or options.demo:
        raise StartError(f"There is no definitions folder {folder.absolute()}. Name it with --nudges.")
    return None


def _check_ready_file(path: Path | None) -> None:
    if path is None:
        return
    if not path.absolute().parent.is_dir():
        raise FolderError(f"--ready-file: there is no folder {path.absolute().parent}.")
    path.unlink(missing_ok=True)  # one from an earlier run would lie


def _say(line: str) -> None:
    click.echo(line)
