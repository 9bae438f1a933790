"""Waiting for what other threads and processes do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 30.0  # seconds for what must happen: a machine with other work is slow at times

Found = TypeVar("Found")


def until(what: str, look: Callable[[], Found], seconds: float = PATIENCE) -> Found:
    """Look again and again until there is something true, and give that; fail saying `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.02)
    return found
