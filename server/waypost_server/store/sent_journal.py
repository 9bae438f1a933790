"""What has left the building, written beside the database and not in it: it survives when a backup is restored.

One line a message: the number of its mark, when, the workspace, and a keyed hash that names neither person nor
address. Lines are appended by every worker of this machine, and are only read when a backup was restored.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

MOST_BYTES = 64 * 1024 * 1024  # then the file is put aside; one such is kept: over a million messages in all
TAIL_BYTES = 8192  # the workers of a machine may write their last lines in any order
_FIELDS = 4


class Left(NamedTuple):
    """A message that left, or may have."""

    number: int
    at: datetime
    workspace_id: str
    key: str


class SentJournal:
    """The file, and the one before it. Other processes may write to it at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.older = path.with_name(path.name + ".1")
        self.taken_up: datetime | None = None  # the restore after which this process has handed its lines in

    def exists(self) -> bool:
        """Whether anything was ever noted here, even that there is nothing."""
        return self.path.exists()

    def last(self) -> int:
        """The highest number near the end; 0 for none."""
        return _highest(self.path) or _highest(self.older)  # the file was put aside a moment ago

    def note(self, number: int, at: datetime, messages: Sequence[tuple[str, str]]) -> None:
        """Append (workspace, key) of each message, in one write. Raises OSError."""
        text = "".join(
            f"{number} {at.astimezone(UTC).isoformat()} {where} {key}\n" for where, key in messages
        )
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, text.encode())
            if os.fstat(descriptor).st_size > MOST_BYTES:
                self._put_aside(descriptor)
        finally:
            os.close(descriptor)

    def between(self, after: int, until: int) -> Iterator[Left]:
        """The messages with after < number <= until, in the order in which they were written."""
        for path in (self.older, self.path):
            try:
                with path.open("rb") as file:
                    yield from (
                        left for line in file if (left := _read(line)) and after < left.number <= until
                    )
            except FileNotFoundError:
                continue

    def _put_aside(self, descriptor: int) -> None:
        """Once, whichever of the processes comes first."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if self.path.stat().st_ino == os.fstat(descriptor).st_ino:
            self.path.replace(self.older)
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))


def _highest(path: Path) -> int:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return 0
    return max((left.number for line in lines if (left := _read(line))), default=0)


def _read(line: bytes) -> Left | None:
    """None for a line that was cut off by a crash."""
    fields = line.decode(errors="replace").split()
    if len(fields) != _FIELDS or not fields[0].isdigit():
        return None
    try:
        return Left(int(fields[0]), datetime.fromisoformat(fields[1]), fields[2], fields[3])
    except ValueError:
        return None
