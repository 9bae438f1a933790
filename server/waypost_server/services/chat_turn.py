"""One chat message a second to a room, which is what Slack takes; the others keep their order and wait.

A worker takes the room before it connects and leaves it at the mark, so that two workers never post there at
once. A service that asks us to slow down is left alone for as long as it says, in that room and in no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from waypost_server.channels.outcome import Abandoned, Later, Outcome
from waypost_server.domain.policy import ChatRoom, Policy
from waypost_server.services.runtime import Runtime
from waypost_server.store import room_pace, send_group
from waypost_server.store.tables import Delivery, RoomPace

GAP = timedelta(seconds=1)
CONNECTS = timedelta(seconds=20)  # longer than a worker may take from taking the room to the mark
ASKED = timedelta(seconds=30)  # for a service that says "slow down" and no time
WAITS = "its room gets one message a second; this one is next"
STEP = timedelta(milliseconds=1)  # between two that wait, so that they are claimed in order


def place(room: ChatRoom, traits: Mapping[str, Any]) -> str:
    """The service's id of the room a message goes to; '' where the address alone says it, or the account has none."""
    value = traits.get(room.room_trait) if room.room_trait else room.room
    return value if isinstance(value, str) else ""


def room_of(policy: Policy, row: Delivery, traits: Mapping[str, Any]) -> str:
    """What tells the room of a message from others: two names in policy.yaml may lead to the same one."""
    room = policy.chat.get(row.recipient)
    return (place(room, traits) if room else "") or row.recipient


def rooms_of(session: Session, runtime: Runtime, rows: Sequence[Delivery]) -> dict[str, list[Delivery]]:
    """Chat messages (one at least) by the room they go to now."""
    workspace_id = rows[0].workspace_id
    live = runtime.releases.live(session, workspace_id)
    policy = live.definitions.policy if live else Policy()
    traits = send_group.account_traits(session, workspace_id, {row.account_id for row in rows})
    found: dict[str, list[Delivery]] = {}
    for row in rows:
        found.setdefault(room_of(policy, row, traits.get(row.account_id, {})), []).append(row)
    return found


def put_off(runtime: Runtime, room: str, rows: Sequence[Delivery], fence: str) -> bool:
    """When the room is not free, let all of these wait, unchecked and in order; whether that was so."""
    now, workspace_id = runtime.clock(), rows[0].workspace_id
    with runtime.db.read() as session:
        until = _until(room_pace.find(session, workspace_id, room), now)
    if until is None:
        return False
    times = {row.id: until + STEP * n for n, row in enumerate(rows)}
    with runtime.db.write() as session:
        send_group.put_off(session, workspace_id, times, fence=fence, reason=WAITS)
    return True


class Turn:
    """A room under its lock, in the transaction of the last checks."""

    def __init__(self, session: Session, workspace_id: str, room: str, now: datetime) -> None:
        self._row = room_pace.hold(session, workspace_id, room)
        self._now = now

    @property
    def until(self) -> datetime | None:
        """When to ask again; None = the room is free."""
        return _until(self._row, self._now)

    def take(self) -> None:
        """Nobody else posts until this one has, or has given up."""
        self._row.taken_until = self._now + CONNECTS


def posted(session: Session, workspace_id: str, room: str, now: datetime) -> None:
    """The message is about to leave."""
    room_pace.leave(session, workspace_id, room, free_at=now + GAP)


def answered(session: Session, workspace_id: str, room: str, outcome: Outcome, now: datetime) -> None:
    """What the service said of it: it may have asked us to slow down. Whoever took over has taken the room too."""
    if isinstance(outcome, Abandoned):
        return
    free_at = None
    if isinstance(outcome, Later) and outcome.too_fast:
        free_at = now + (timedelta(seconds=outcome.after_seconds) if outcome.after_seconds else ASKED)
    room_pace.leave(session, workspace_id, room, free_at=free_at)


def _until(row: RoomPace | None, now: datetime) -> datetime | None:
    if row is not None and row.free_at is not None and row.free_at > now:
        return row.free_at
    if row is not None and row.taken_until is not None and row.taken_until > now:
        return now + GAP
    return None
