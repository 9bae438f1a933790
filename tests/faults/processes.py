"""Worker processes that a test starts, and ends by the pid it recorded."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRET = "secret-of-the-tests"
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
