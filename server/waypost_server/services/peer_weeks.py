"""The workspace's peer calendar, kept for a while because it reads every account.

It is read again after at least twenty times the time it took, so that it costs a worker at most one
twentieth of its time whatever the size of the workspace.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from waypost_server.domain.signals import decay
from waypost_server.store.usage_weeks import weekly_user_days

SHARE = 20
LEAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Entry:
    features: frozenset[str]
    first: date
    peers: decay.Peers
    until: float


class PeerWeeks:
    """Peer calendars by workspace. Safe to share between threads."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._lock = threading.Lock()

    def of(self, session: Session, workspace_id: str, features: Collection[str], first: date) -> decay.Peers:
        """The calendar for the 30 weeks from `first`, over the given core features."""
        started = time.monotonic()
        wanted = frozenset(features)
        key = (str(session.get_bind().engine.url), workspace_id)
        entry = self._entries.get(key)
        if entry and entry.features == wanted and entry.first == first and started < entry.until:
            return entry.peers
        matrix = weekly_user_days(session, workspace_id, features, first=first, weeks=decay.WEEKS)
        peers = decay.peers_of(matrix)
        ended = time.monotonic()
        keep = max(LEAST_SECONDS, SHARE * (ended - started))
        with self._lock:
            self._entries[key] = _Entry(wanted, first, peers, ended + keep)
        return peers
