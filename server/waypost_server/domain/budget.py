"""The attention budget: how many touches a person and an account may get, whatever the channel.

A touch at T counts against a cap of `per_seconds` until T + per_seconds; at that very second the slot is
free again. `transactional` touches neither spend nor wait for a budget. In one session of the product at most
so many nudges may interrupt, whatever the caps say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .policy import DAY, Cap, Policy

OUTSIDE = "transactional"
IN_APP = "in_app"
INTERRUPTING = frozenset({"interrupting", "survey"})
SESSION_GAP = timedelta(minutes=30)  # this long without doing anything ends a session
SESSION_LASTS = timedelta(seconds=DAY)  # no session is longer than this, whatever a browser says


@dataclass(frozen=True, slots=True)
class TouchSeen:
    """One touch as the budget sees it. `user_id` is '' where only the account is known."""

    at: datetime
    kind: str
    channel: str
    user_id: str = ""
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """Why there is nothing left: the cap (or the gap) that is used up, and when the next slot is free."""

    limit: str  # "cap" | "min_gap" | "session"
    scope: str  # "person" | "account"
    used: int
    max: int
    per_seconds: int
    free_at: datetime

    def numbers(self) -> dict[str, Any]:
        """The same for an answer in JSON."""
        return {
            "limit": self.limit,
            "scope": self.scope,
            "used": self.used,
            "max": self.max,
            "per_seconds": self.per_seconds,
            "free_at": self.free_at.isoformat().replace("+00:00", "Z"),
        }


def applies(cap: Cap, kind: str, channel: str) -> bool:
    """Whether a touch of this kind on this channel counts against, and is limited by, the cap."""
    if kind == OUTSIDE:
        return False
    return (cap.kinds is None or kind in cap.kinds) and (cap.channels is None or channel in cap.channels)


def longest_window(policy: Policy, scope: str) -> timedelta:
    """How far back touches matter for a scope; zero when nothing limits it."""
    windows = [cap.per_seconds for cap in policy.caps if cap.scope == scope]
    if scope == "person":
        windows.append(policy.min_gap_seconds)
        if policy.session is not None and policy.session.max is not None:
            windows.append(int(SESSION_LASTS.total_seconds()))
    return timedelta(seconds=max(windows, default=0))


def spent(
    policy: Policy,
    *,
    person: Iterable[TouchSeen],
    account: Iterable[TouchSeen],
    kind: str,
    channel: str,
    now: datetime,
    session_started_at: datetime | None = None,
) -> Spent | None:
    """The first limit that leaves no room for one more touch now; None when there is room.

    `person` are the touches of this person on any account, `account` those of the account's people. Where
    nobody knows when the session began, the last 30 minutes stand for it.
    """
    if kind == OUTSIDE:
        return None
    touches = {"person": list(person), "account": list(account)}
    gap = _gap(policy, touches["person"], now)
    if gap is not None:
        return gap
    if channel == IN_APP and kind in INTERRUPTING:
        full = _session(policy, touches["person"], session_started_at, now)
        if full is not None:
            return full
    for cap in policy.caps:
        if applies(cap, kind, channel):
            found = _cap(cap, touches[cap.scope], now)
            if found is not None:
                return found
    return None


def _gap(policy: Policy, touches: list[TouchSeen], now: datetime) -> Spent | None:
    if not policy.min_gap_seconds:
        return None
    gap = timedelta(seconds=policy.min_gap_seconds)
    last = max((each.at for each in touches if each.kind != OUTSIDE), default=None)
    if last is None or last + gap <= now:
        return None
    return Spent("min_gap", "person", 1, 1, policy.min_gap_seconds, last + gap)


def _session(
    policy: Policy, touches: list[TouchSeen], started_at: datetime | None, now: datetime
) -> Spent | None:
    most = None if policy.session is None else policy.session.max
    if most is None:
        return None
    since = now - SESSION_GAP if started_at is None else max(started_at, now - SESSION_LASTS)
    used = sum(each.at >= since and each.channel == IN_APP and each.kind in INTERRUPTING for each in touches)
    if used < most:
        return None
    seconds = int(SESSION_GAP.total_seconds())
    return Spent("session", "person", used, most, seconds, now + SESSION_GAP)


def _cap(cap: Cap, touches: list[TouchSeen], now: datetime) -> Spent | None:
    window = timedelta(seconds=cap.per_seconds)
    counted = sorted(
        each.at for each in touches if each.at + window > now and applies(cap, each.kind, each.channel)
    )
    if len(counted) < cap.max:
        return None
    free_at = counted[-cap.max] + window if cap.max else now + window
    return Spent("cap", cap.scope, len(counted), cap.max, cap.per_seconds, free_at)
