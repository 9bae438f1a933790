"""Waiting for what other threads and processes do."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 30.0  # seconds for what must happen: a machine with other work is slow at times


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> float:
    """Look again and again until it holds; how many seconds that took. Fails after `seconds`."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "waited too long"
        time.sleep(0.01)
    return time.monotonic() - began
