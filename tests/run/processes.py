"""Start `waypost run` as a person would, and wait for what it does; nothing here sleeps blindly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import PATIENCE, until

COMMAND = [sys.executable, "-m", "waypost_server.cli"]


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without any WAYPOST_ setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WAYPOST_")}
    return {**kept, **more}


def alive(pid: int) -> bool:
    """Whether a process runs (one that ended and was not collected does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@dataclass
class Run:
    """A `waypost run` of a test."""

    process: subprocess.Popen[str]
    ready_file: Path
    log: Path

    def output(self) -> str:
        """What it printed so far."""
        return self.log.read_text()

    def facts(self) -> dict[str, Any]:
        """The ready file, once it is there."""

        def look() -> Any:
            if self.process.poll() is not None:
                raise AssertionError(f"waypost run ended with {self.process.returncode}: {self.output()}")
            return json.loads(self.ready_file.read_text()) if self.ready_file.exists() else None

        found: dict[str, Any] = until("the ready file", look)
        return found

    def get(self, path: str, *, key: str | None = None) -> int:
        """The status of a GET, 0 when nobody answers."""
        request = urllib.request.Request(self.facts()["url"] + path)
        if key:
            request.add_header("Authorization", f"Bearer {key}")
        try:
            with urllib.request.urlopen(request, timeout=3) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def start(folder: Path, *options: str, name: str = "run") -> Run:
    """Start `waypost run` on a data folder below `folder`, on a free port."""
    ready, log = folder / f"{name}.json", folder / f"{name}.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [
                *COMMAND,
                "run",
                "--data",
                str(folder / "data"),
                "--port",
                "0",
                "--ready-file",
                str(ready),
                *options,
            ],
            cwd=folder,
            env=clean_environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Run(process, ready, log)


def refuse(folder: Path, *arguments: str) -> str:
    """Run a command that must fail with one clear line; that line."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode in (1, 2), done
    assert "Traceback" not in done.stderr + done.stdout
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert lines, done
    return lines[-1]
