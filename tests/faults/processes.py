"""Worker processes that a test starts, and ends by the pid it recorded."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tests.faults.fleet import free_port

SECRET = "secret-of-the-tests"
EXIT = 42  # of a process that ends itself
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["waypost_server.app", "waypost_server.workers.worker"])


def environment(database_url: str, **settings: str) -> dict[str, str]:
    """The variables of a process on this database; `settings` are WAYPOST_* names without the prefix."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WAYPOST_")}
    given = {f"WAYPOST_{name.upper()}": value for name, value in settings.items()}
    return {**own, "WAYPOST_DATABASE_URL": database_url, "WAYPOST_SECRET": SECRET, **given}


@contextmanager
def worker(database_url: str, log: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process; killed at the end if it still lives."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "waypost_server.cli", "worker"],
            env=environment(database_url, **settings),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the process this test started, and wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait(10)


def worker_dies_at(point: str, database_url: str, smtp_port: int) -> int:
    """Run a worker in a process of its own until it kills itself at the point; its exit code.

    Forked from a server that has imported everything: a tenth of the time of a new interpreter.
    """
    process = _forks.Process(target=_work, args=(database_url, smtp_port, point))
    process.start()
    process.join(30)
    assert process.exitcode is not None, f"the worker never came to {point}"
    return process.exitcode


@contextmanager
def server_dies_at(point: str, database_url: str) -> Iterator[str]:
    """The address of a web server that kills itself when a request reaches the point; it has when the block ends."""
    port = free_port()
    process = _forks.Process(target=_serve, args=(database_url, point, port))
    process.start()
    yield f"http://127.0.0.1:{port}"
    process.join(30)
    assert process.exitcode == -signal.SIGKILL, f"no request came to {point}"


def _serve(database_url: str, fault: str, port: int) -> None:
    from werkzeug.serving import make_server

    from waypost_server.app import create_app
    from waypost_server.config import Settings

    app = create_app(Settings(database_url=database_url, secret=SECRET, fault=fault))
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


def ends_itself_at_account(account_id: str, database_url: str, now: datetime) -> bool:
    """Evaluate what is due at `now`, in a process that calls os._exit when it looks at the account; whether it did."""
    process = _forks.Process(target=_evaluate, args=(account_id, database_url, now))
    process.start()
    process.join(60)
    assert process.exitcode in (0, EXIT), process.exitcode
    return process.exitcode == EXIT


def _evaluate(account_id: str, database_url: str, now: datetime) -> None:
    from typing import Any

    from waypost_server.services import evaluate

    judge = evaluate.judge

    def exits(account: Any, *rest: Any, **more: Any) -> Any:
        if account.id == account_id:
            os._exit(EXIT)
        return judge(account, *rest, **more)

    evaluate.judge = exits
    _drain((), 0, database_url, now, Path("/nowhere"))


def dies_in_the_middle(
    points: tuple[str, ...], passing: int, database_url: str, now: datetime, mailbox: Path
) -> bool:
    """Do everything that is due at `now`, in a process that kills itself when it passes one of the points for the
    `passing`th time; False when it came to the end alive."""
    process = _forks.Process(target=_drain, args=(points, passing, database_url, now, mailbox))
    process.start()
    process.join(120)
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode
    return process.exitcode != 0


def _drain(points: tuple[str, ...], passing: int, database_url: str, now: datetime, mailbox: Path) -> None:
    from waypost_server.app import build_runtime
    from waypost_server.config import Settings
    from waypost_server.services.drain import drain
    from waypost_server.services.recover import recover
    from waypost_server.services.releases import ReleaseCache
    from waypost_server.store.database import Database, open_engine

    left = passing

    def fault(reached: str) -> None:
        nonlocal left
        if reached in points:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings(database_url=database_url, secret=SECRET, mailbox=mailbox)
    runtime = build_runtime(settings, Database(open_engine(database_url)))
    still = {"clock": lambda: now, "releases": ReleaseCache(lambda: now)}
    runtime = dataclasses.replace(runtime, **still, poster=None, fault=fault)  # hooks wait: nobody is there
    for work in (drain, recover, drain):
        work(runtime)


def _work(database_url: str, smtp_port: int, fault: str) -> None:
    from waypost_server.app import build_runtime
    from waypost_server.config import Settings, Smtp
    from waypost_server.store.database import Database, open_engine
    from waypost_server.workers.worker import run_worker

    settings = Settings(
        database_url=database_url,
        secret=SECRET,
        smtp=Smtp("127.0.0.1", smtp_port, starttls=False),
        fault=fault,
    )
    run_worker(build_runtime(settings, Database(open_engine(database_url))), None)
