"""One child process: how it starts, where its words go, and when it may start again after it died."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from waypost_server.cli.embedded import leash

LOG_LIMIT = 5_000_000  # bytes; an older log is kept as NAME.log.1
BACK_OFF_S = (0.1, 10.0)
SETTLED_S = 20.0  # a child that lived this long starts afresh with the shortest pause


@dataclass(frozen=True, slots=True)
class Program:
    """What to run for a role."""

    role: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path | None  # None: it speaks on the terminal
    restart: bool = True
    stop_s: float = 10.0  # how long it may take to stop


@dataclass(slots=True)
class Child:
    """A program and its current process."""

    program: Program
    inherit: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    restart_at: float | None = None
    log_began: int = 0  # bytes its log held already, from earlier processes

    @property
    def pid(self) -> int:
        """The process id of the current process, 0 when there is none."""
        return self.process.pid if self.process is not None else 0

    def start(self) -> None:
        """Start the program in its own process group (so that Ctrl-C reaches only the parent)."""
        out = self._log()
        self.log_began = 0 if out is None else os.fstat(out).st_size
        try:
            self.process = subprocess.Popen(
                list(self.program.argv),
                env=dict(self.program.env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=None if out is None else subprocess.STDOUT,
                pass_fds=self.inherit,
                process_group=0,
                preexec_fn=leash.tied_to(os.getpid()),
            )
        finally:
            if out is not None:
                os.close(out)
        self.started, self.restart_at = time.monotonic(), None

    def died(self) -> str | None:
        """How the process ended, once, in words; None while it runs or when that was told already."""
        if self.process is None or self.restart_at is not None:
            return None
        code = self.process.poll()
        if code is None:
            return None
        self.deaths = 1 if time.monotonic() - self.started > SETTLED_S else self.deaths + 1
        pause = min(BACK_OFF_S[0] * 2 ** (self.deaths - 1), BACK_OFF_S[1])
        self.restart_at = time.monotonic() + pause
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def last_line(self) -> str:
        """The last line of this process's log that names an error, or just the last one, to show why it ended."""
        if self.program.log is None or not self.program.log.exists():
            return ""
        written = self.program.log.read_bytes()[self.log_began :].decode(errors="replace")
        lines = [line for line in written.splitlines() if line.strip()]
        named = [line for line in lines[-50:] if "Error" in line]
        return (named or lines or [""])[-1].strip()

    def terminate(self) -> None:
        """Ask it to stop."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """End it and whatever it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _log(self) -> int | None:
        file = self.program.log
        if file is None:
            return None
        if file.exists() and file.stat().st_size > LOG_LIMIT:
            file.replace(file.with_name(file.name + ".1"))
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
