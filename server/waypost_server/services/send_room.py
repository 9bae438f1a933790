"""How many e-mails may leave today: of the workspace, and of a play before somebody else has to agree.

Counted under a row lock in the transaction of the last checks, so the limits hold exactly. A message keeps its
place for the day, also when it has to be tried again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from waypost_server.domain.local_day import day_of, start_of, zone_of
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.services.send_known import Known
from waypost_server.store import approvals, releases, send_days
from waypost_server.store.tables import Approval, Delivery


@dataclass(frozen=True, slots=True)
class Full:
    """No place today; from `until` on there is."""

    until: datetime
    limit: int


@dataclass(slots=True)
class Room:
    """Today's places for one group of messages."""

    session: Session
    runtime: Runtime
    known: Known
    day: date
    zone: tzinfo
    counts: dict[str, int]
    taken: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(
        cls, session: Session, runtime: Runtime, rows: Sequence[Delivery], known: Known, now: datetime
    ) -> Room:
        """Read what is taken; nothing is locked where no limit is set or nothing counts."""
        zone = zone_of(known.around[rows[0].id].workspace.timezone)
        day, workspace_id = day_of(now, zone), rows[0].workspace_id
        limited = {
            row.play for row in rows if _counts(row) and row.counted_on != day and _is_limited(known, row)
        }
        counts = send_days.lock(session, workspace_id, day, limited) if limited else {}
        return cls(session, runtime, known, day, zone, counts)

    def take(self, row: Delivery) -> Full | Approval | None:
        """Take a place; or why there is none: the day is full, or the play waits for an answer or got a no."""
        if not self.counts or not _counts(row) or row.counted_on == self.day:
            return None
        policy = self.known.policies[row.release]
        if policy.daily_ceiling is not None and self.counts[send_days.ALL] >= policy.daily_ceiling:
            return Full(start_of(self.day + timedelta(days=1), self.zone), policy.daily_ceiling)
        if policy.approval_above is not None and self.counts[row.play] >= policy.approval_above:
            asked = _asked(self.session, self.runtime, row)
            if asked.state != "approved":
                return asked
        self.counts[send_days.ALL] += 1
        self.counts[row.play] += 1
        self.taken[row.play].append(row.id)
        return None

    def write(self, workspace_id: str) -> None:
        """Keep the places that were taken."""
        send_days.add(self.session, workspace_id, self.day, self.taken)


def _counts(row: Delivery) -> bool:
    """E-mails that software sends because of a play."""
    return row.channel == "email" and bool(row.play) and not row.person


def _is_limited(known: Known, row: Delivery) -> bool:
    policy = known.policies[row.release]
    return policy.daily_ceiling is not None or policy.approval_above is not None


def _asked(session: Session, runtime: Runtime, row: Delivery) -> Approval:
    """The question about this play in these words; asked now when it was not before."""
    release = runtime.releases.pinned(session, row.workspace_id, row.release)
    wording = _wording(release, row.play)
    found = approvals.of_wording(session, row.workspace_id, row.play, wording)
    if found is None:
        author = releases.author(session, row.workspace_id, row.release)
        key = {"workspace_id": row.workspace_id, "id": runtime.new_id(), "play": row.play, "wording": wording}
        asked = {"release": row.release, "author": author, "state": "waiting"}
        approvals.put(session, {**key, **asked, "asked_at": runtime.clock()})
        found = approvals.of_wording(session, row.workspace_id, row.play, wording)
    assert found is not None
    return found


def _wording(release: LiveRelease, play: str) -> str:
    """The same play with the same templates has the same fingerprint, whatever else is published."""
    text = repr(release.plays.get(play))
    used = {key: each for key, each in release.definitions.templates.items() if repr(key) in text}
    return hashlib.sha256(f"{text}{sorted(used.items())!r}".encode()).hexdigest()
