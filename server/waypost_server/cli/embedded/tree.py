"""The process tree: starts children, brings back those that die, stops them all."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from waypost_server.cli.embedded import leash
from waypost_server.cli.embedded.children import Child, Program


class Tree:
    """Children by role. Only the main thread may use it: the kernel ties a child to the thread that made it."""

    def __init__(self, say: Callable[[str], None], inherit: tuple[int, ...] = ()) -> None:
        self.children: dict[str, Child] = {}
        self.stopping = False
        self._say = say
        self._inherit = inherit
        self._wake, self._poke = os.pipe()
        os.set_blocking(self._poke, False)
        self._watchdog: subprocess.Popen[str] | None = None

    def listen(self) -> None:
        """Take SIGTERM and SIGINT as the wish to stop; wake up when a child ends."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, self._signalled)

    def start(self, program: Program) -> None:
        """Start a child for good."""
        child = Child(program, self._inherit)
        self.children[program.role] = child
        child.start()
        self._tell_watchdog(f"+{child.pid}")

    def tick(self, wait_s: float) -> None:
        """Wait for something to happen, at most `wait_s`; then bring back who died."""
        self._wait(wait_s)
        if self.stopping:
            return
        for child in self.children.values():
            self._look_after(child)

    def pids(self) -> dict[str, int]:
        """Process ids by role, of those that are running."""
        return {role: child.pid for role, child in self.children.items() if child.restart_at is None}

    def stop(self, *, last: str) -> None:
        """Stop everything: first all but `last` (others may still need it), then that."""
        self.stopping = True
        final = self.children.pop(last, None)
        self._end(list(self.children.values()))
        if final is not None:
            self._end([final])
        self.children.clear()
        if self._watchdog is not None and self._watchdog.stdin is not None:
            self._watchdog.stdin.close()
            self._watchdog.wait()

    def _end(self, children: list[Child]) -> None:
        began = time.monotonic()
        for child in children:
            child.terminate()
        for child in children:
            if child.process is None:
                continue
            left = began + child.program.stop_s - time.monotonic()
            try:
                child.process.wait(max(left, 0.1))
            except subprocess.TimeoutExpired:
                self._say(f"{child.program.role} did not stop in {child.program.stop_s:.0f} s; ending it.")
                child.kill()
            self._tell_watchdog(f"-{child.pid}")

    def _look_after(self, child: Child) -> None:
        how = child.died()
        if how is not None:
            self._tell_watchdog(f"-{child.pid}")
            if not child.program.restart:
                child.restart_at = float("inf")
                return
            why = f" Last line: {child.last_line()}" if how.startswith("ended") else ""
            self._say(f"{child.program.role} {how}; starting it again.{why}")
        if child.restart_at is not None and time.monotonic() >= child.restart_at:
            child.start()
            self._tell_watchdog(f"+{child.pid}")

    def _wait(self, wait_s: float) -> None:
        with contextlib.suppress(InterruptedError):
            if select.select([self._wake], [], [], wait_s)[0]:
                os.read(self._wake, 4096)

    def _signalled(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            if self.stopping:  # asked twice: do not wait for anybody
                for child in list(self.children.values()):
                    child.kill()
            self.stopping = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._poke, b".")

    def _tell_watchdog(self, line: str) -> None:
        if leash.supported():
            return
        if self._watchdog is None:
            self._watchdog = subprocess.Popen(
                [sys.executable, "-m", "waypost_server.cli.embedded.watchdog"],
                stdin=subprocess.PIPE,
                text=True,
                process_group=0,
            )
        if self._watchdog.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._watchdog.stdin.write(line + "\n")
                self._watchdog.stdin.flush()
