"""Children end with their parent, even when it is killed with -9.

Linux: the kernel sends SIGTERM to a child when its parent ends (PR_SET_PDEATHSIG). Elsewhere a small watchdog
process (`watchdog.py`) sees the parent's end of a pipe close.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def supported() -> bool:
    """Whether the kernel does it for us."""
    return _libc is not None


def tied_to(parent: int) -> Callable[[], None]:
    """What a child runs before its program: ask for the signal, and check that the parent is not gone already."""

    def tie() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie
