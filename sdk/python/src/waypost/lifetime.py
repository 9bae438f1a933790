"""Follows the process through fork and exit, for every client that is open."""

from __future__ import annotations

import atexit
import os
import sys
import time
import weakref
from typing import Protocol


class Closable(Protocol):
    """What a client shows to this module."""

    exit_timeout: float

    def begin_process(self) -> None:
        """Start afresh in a forked child."""

    def request_stop(self, deadline: float) -> None:
        """Start ending."""

    def close(self, timeout: float) -> bool:
        """Finish ending."""


_open: set[Closable] = set()  # strong: a client the app let go of may still hold events
_followed: weakref.WeakSet[Closable] = weakref.WeakSet()


def follow(client: Closable) -> None:
    """Restart the client in forked children; send what it holds when the process ends."""
    _open.add(client)
    _followed.add(client)


def forget(client: Closable) -> None:
    """The client is closed: nothing of it is left to send at exit."""
    _open.discard(client)


def close_all() -> None:
    """Close every open client, all within the longest of their exit timeouts."""
    clients = list(_open)
    if not clients:
        return
    deadline = time.monotonic() + max(client.exit_timeout for client in clients)
    for client in clients:
        client.request_stop(deadline)
    for client in clients:
        client.close(max(0.0, deadline - time.monotonic()))


def close_with_worker_process() -> None:
    """In a `multiprocessing` child, which ends without `atexit`, hook into its own way of ending."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None:
        return
    from multiprocessing.util import Finalize

    Finalize(None, close_all, exitpriority=0)


def _after_fork() -> None:
    for client in list(_followed):
        client.begin_process()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
