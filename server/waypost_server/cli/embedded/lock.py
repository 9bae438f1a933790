"""One Waypost a folder: who holds it, and waiting for the children of one that was killed.

Two locks. `parent.lock` is held by the running parent alone. `tree.lock` is inherited by every child, so it
stays taken until the last process of a killed parent is gone; a new start waits for that.
"""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass

from waypost_server.cli.embedded.folder import Folder, FolderError, read_json

ORPHANS_S = 30.0


@dataclass(frozen=True, slots=True)
class Locks:
    """Open files whose locks say that this folder is ours; closing them gives it back."""

    parent: int
    tree: int


def acquire(folder: Folder) -> Locks:
    """Take the folder. Raises FolderError naming the holder when another Waypost runs on it."""
    parent = _open(folder, "parent.lock")
    if not _try(parent):
        os.close(parent)
        last = read_json(folder.run_file)
        where = f" at {last['url']} (process {last.get('pid')})" if "url" in last else ""
        raise FolderError(
            f"Another waypost run uses {folder.path}{where}. Stop it, or choose another folder with --data."
        )
    tree = _open(folder, "tree.lock")
    deadline = time.monotonic() + ORPHANS_S
    while not _try(tree):
        if time.monotonic() > deadline:
            raise FolderError(
                f"Processes of an earlier run still hold {folder.path}. End them, then start again."
            )
        time.sleep(0.05)
    return Locks(parent, tree)


def _open(folder: Folder, name: str) -> int:
    return os.open(folder.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
