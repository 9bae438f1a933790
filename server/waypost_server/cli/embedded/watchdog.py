"""Ends the process groups it is told of once its parent is gone; for systems without PR_SET_PDEATHSIG.

Reads lines `+PID` and `-PID` from standard input. The end of the input means that the parent ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_S = 25.0


def watch() -> None:
    """Follow the parent's list of children; when it ends, end them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pids: set[int] = set()
    for line in sys.stdin:
        (pids.add if line[0] == "+" else pids.discard)(int(line[1:]))
    _send(pids, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while _alive(pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    _send(pids, signal.SIGKILL)


def _send(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.killpg(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _alive(pids: set[int]) -> bool:
    for pid in pids:
        try:
            os.killpg(pid, 0)
        except (ProcessLookupError, PermissionError):
            continue
        return True
    return False


if __name__ == "__main__":
    watch()
