"""The live release of each workspace, loaded and compiled once per process.

A cached entry is trusted for a second, then its number is compared with the database; so a publish is
seen by every process within about a second, and a hot request pays nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from waypost_server.definitions.loader import load_files
from waypost_server.domain.definitions import Definitions
from waypost_server.domain.errors import NotFoundError
from waypost_server.store import releases as store

FRESH = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class LiveRelease:
    """A release ready to use."""

    number: int
    definitions: Definitions


@dataclass(frozen=True, slots=True)
class _Entry:
    release: LiveRelease | None
    checked_at: datetime


class ReleaseCache:
    """Live and past releases by workspace. Safe to share between threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._live: dict[str, _Entry] = {}
        self._pinned: dict[tuple[str, int], LiveRelease] = {}

    def live(self, session: Session, workspace_id: str) -> LiveRelease | None:
        """The newest release, or None when nothing was published yet."""
        now = self._clock()
        entry = self._live.get(workspace_id)
        if entry is not None and timedelta(0) <= now - entry.checked_at < FRESH:
            return entry.release
        number = store.live_number(session, workspace_id)
        release = None if number is None else self.pinned(session, workspace_id, number)
        with self._lock:
            self._live[workspace_id] = _Entry(release, now)
        return release

    def pinned(self, session: Session, workspace_id: str, number: int) -> LiveRelease:
        """One release by number; raises NotFoundError. Releases never change, so they are kept."""
        cached = self._pinned.get((workspace_id, number))
        if cached is not None:
            return cached
        files = store.files(session, workspace_id, number)
        if files is None:
            raise NotFoundError(f"There is no release {number}.")
        release = LiveRelease(number, load_files(files).definitions)
        with self._lock:
            self._pinned[(workspace_id, number)] = release
        return release

    def forget(self, workspace_id: str) -> None:
        """Look again at the next call; used right after publishing."""
        with self._lock:
            self._live.pop(workspace_id, None)
