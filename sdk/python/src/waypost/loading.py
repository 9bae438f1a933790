"""Loads the slow half of the package on first use, away from the app's start, while nobody can fork.

A process forked while another thread imports inherits half-made modules and import locks nobody will ever
release: its own `import ssl` may fail or hang for ever. So a fork waits for the few milliseconds this takes.
"""

from __future__ import annotations

import os
import threading
from importlib import import_module
from types import ModuleType

LONGEST_HOLD_SECONDS = 1.0  # a fork from a signal handler that interrupted `load` waits no longer than this

LATER = (
    "email.utils",  # dates in Retry-After
    "encodings.idna",  # the resolver asks for it
    "random",  # chance in waits
    "zlib",
)

_lock = threading.Lock()
_is_held_for_fork = False


def load() -> ModuleType:
    """Return `waypost.keepalive`, having imported everything a sender's thread will ever need."""
    with _lock:
        for name in LATER:
            import_module(name)
        return import_module("waypost.keepalive")


def _before_fork() -> None:
    global _is_held_for_fork
    _is_held_for_fork = _lock.acquire(timeout=LONGEST_HOLD_SECONDS)


def _after_fork_in_parent() -> None:
    global _is_held_for_fork
    if _is_held_for_fork:
        _is_held_for_fork = False
        _lock.release()


def _after_fork_in_child() -> None:
    global _lock, _is_held_for_fork
    _lock, _is_held_for_fork = threading.Lock(), False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
