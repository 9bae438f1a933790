"""The one job on the queue. It carries nothing: the work is in the database."""

from __future__ import annotations

from collections.abc import Callable

_drain: Callable[[], int] | None = None


def install(drain_now: Callable[[], int]) -> None:
    """Tell this process's job what to do; called by the worker before it listens."""
    global _drain
    _drain = drain_now


def drain() -> int:
    """Do everything that is due."""
    if _drain is None:
        raise RuntimeError("this job runs only inside `waypost worker`")
    return _drain()
