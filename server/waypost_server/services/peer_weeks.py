"""The workspace's peer calendar, kept for a while because it reads every account.

It is read again after at least twenty times the time it took, so that it costs a worker at most one
twentieth of its time whatever the size of the workspace. While a history is being imported each reading
differs from the one before; what is judged by such a calendar must be judged again soon.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from waypost_server.domain.signals import decay
from waypost_server.store.usage_weeks import weekly_user_days

SHARE = 20
LEAST_SECONDS = 1.0
TOLERATED = 0.05  # of a week's user-days, and of the number of accounts


@dataclass(frozen=True, slots=True)
class Calendar:
    """How the others did. `again`: read anew after this long, None once two readings agree."""

    peers: decay.Peers
    again: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    features: frozenset[str]
    first: date
    calendar: Calendar
    until: float


class PeerWeeks:
    """Peer calendars by workspace. Safe to share between threads."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._lock = threading.Lock()

    def of(self, session: Session, workspace_id: str, features: Collection[str], first: date) -> Calendar:
        """The calendar for the 30 weeks from `first`, over the given core features."""
        started = time.monotonic()
        wanted = frozenset(features)
        key = (str(session.get_bind().engine.url), workspace_id)
        entry = self._entries.get(key)
        if entry and (entry.features != wanted or entry.first != first):
            entry = None
        if entry and started < entry.until:
            return entry.calendar
        matrix = weekly_user_days(session, workspace_id, features, first=first, weeks=decay.WEEKS)
        peers = decay.peers_of(matrix)
        ended = time.monotonic()
        keep = max(LEAST_SECONDS, SHARE * (ended - started))
        # The first reading is never the last word, few peers least of all: a history may be on its way in.
        settled = entry is not None and _agree(peers, entry.calendar.peers)
        calendar = Calendar(peers, None if settled else timedelta(seconds=keep))
        with self._lock:
            self._entries[key] = _Entry(wanted, first, calendar, ended + keep)
        return calendar


def _agree(one: decay.Peers, other: decay.Peers) -> bool:
    """Too close to each other to change a judgement."""
    return all(
        abs(mine - theirs) <= TOLERATED * max(mine, theirs)
        for mine, theirs in zip((one.count, *one.totals), (other.count, *other.totals), strict=True)
    )
