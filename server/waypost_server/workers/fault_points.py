"""Named points at which a test may kill the process, to prove what survives. Nothing in production."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from waypost_server.channels.email import no_fault


def fault_point(name: str | None) -> Callable[[str], None]:
    """A callable that kills this process with SIGKILL when it is called with `name`; does nothing without one."""
    if not name:
        return no_fault

    def fault(reached: str) -> None:
        if reached == name:
            os.kill(os.getpid(), signal.SIGKILL)

    return fault
