"""The history between a person and the nudges, from the parts the store returned: what the gates count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from waypost_server.domain.budget import TouchSeen
from waypost_server.domain.consent import Answer, denied
from waypost_server.domain.history import CLAIM_LASTS, Grant, History, NudgeHistory, OpenOffer
from waypost_server.domain.interactions import SEEN
from waypost_server.store.facts import moment

Parts = dict[str, Any]


def history_of(parts: Parts, windows: tuple[float, ...], now: datetime) -> History:
    """The history from the parts the store returned."""
    return History(
        nudges=_Past(parts, windows),
        person_touches=_touches(_painted(parts, now)),
        account_touches=_touches(_of_account(parts)),
        grants=_grants(parts.get("grants") or ()),
        muted="muted" in parts and parts["muted"][0] > 0,
        feature_days=_feature_days(parts.get("weeks") or ()),
        reached=_reached(parts.get("reached") or ()),
        denied=_denied(parts.get("consent") or ()),
    )


class _Past(Mapping[str, NudgeHistory]):
    """Histories by nudge, each made when it is first asked for: most nudges fail before that."""

    __slots__ = ("_made", "_open", "_rows", "_windows")

    def __init__(self, parts: Parts, windows: tuple[float, ...]) -> None:
        self._windows = windows
        self._rows = {row[0]: row for row in parts["offers"] or ()}
        self._open: dict[str, list[OpenOffer]] = {}
        for nudge, offer_id, claim_id, state, claimed_at, shown_at in parts["open"] or ():
            offer = OpenOffer(offer_id, claim_id, state, moment(shown_at or claimed_at))
            self._open.setdefault(nudge, []).append(offer)
        self._made: dict[str, NudgeHistory] = {}

    def __getitem__(self, nudge: str) -> NudgeHistory:
        if nudge not in self._made:
            self._made[nudge] = _past(self._rows[nudge], self._windows, tuple(self._open.get(nudge, ())))
        return self._made[nudge]

    def get(self, nudge: str, default: Any = None) -> Any:
        """As of any mapping, without raising inside."""
        return self[nudge] if nudge in self._rows else default

    def __iter__(self) -> Any:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _past(row: Sequence[Any], windows: tuple[float, ...], still_open: tuple[OpenOffer, ...]) -> NudgeHistory:
    _nudge, count, last_at, dismissed, snoozed, never, *rest = row
    first_at, base = rest[len(windows) :] or (last_at, 0)
    return NudgeHistory(
        count=count,
        within=dict(zip(windows, rest, strict=False)),
        first_at=moment(first_at),
        last_at=moment(last_at),
        dismissed=dismissed,
        snoozed_until=moment(snoozed) if snoozed else None,
        never_again=never > 0,
        goal_base=base,
        open=still_open,
    )


def _painted(parts: Parts, now: datetime) -> list[Sequence[Any]]:
    """The person's touches but for claims that were never painted: their slot is free again."""
    rows = parts.get("person_touches") or []
    stale = {
        f"offer:{offer_id}"
        for _nudge, offer_id, _claim_id, state, claimed_at, _shown_at in parts["open"]
        if state == "claimed" and moment(claimed_at) + CLAIM_LASTS <= now
    }
    return [row for row in rows if row[0] not in stale] if stale else rows


def _of_account(parts: Parts) -> Iterable[Sequence[Any]]:
    """Rows of every account cap, each touch once."""
    found = {}
    for name, rows in parts.items():
        if name.startswith("account_touches_"):
            found.update({row[0]: row for row in rows or ()})
    return found.values()


def _touches(rows: Iterable[Sequence[Any]]) -> tuple[TouchSeen, ...]:
    return tuple(
        TouchSeen(moment(at), kind, channel, user_id, account_id)
        for _id, at, kind, channel, user_id, account_id in rows
    )


def _grants(rows: Iterable[Sequence[Any]]) -> Mapping[str, tuple[Grant, ...]]:
    found: dict[str, tuple[Grant, ...]] = {}
    for nudge, run_id, roles, until in rows:
        grant = Grant(run_id, None if roles is None else tuple(roles), moment(until))
        found[nudge] = (*found.get(nudge, ()), grant)
    return found


def _feature_days(rows: Iterable[Sequence[Any]]) -> Mapping[str, tuple[date, ...]]:
    found: dict[str, tuple[date, ...]] = {}
    for feature, day in rows:
        found[feature] = (*found.get(feature, ()), date.fromisoformat(day))
    return found


def _reached(rows: Iterable[Sequence[Any]]) -> Mapping[str, Mapping[str, datetime]]:
    """When the person first saw, clicked and completed a nudge. Who answers a survey completes it."""
    found: dict[str, dict[str, datetime]] = {}
    for nudge, reaction, at in rows:
        states = found.setdefault(nudge, {})
        for state in ("seen" if reaction in SEEN else "", _STATES.get(reaction, "")):
            if state:
                states[state] = min(moment(at), states.get(state, moment(at)))
    return found


_STATES = {"clicked": "clicked", "completed": "completed", "answered": "completed"}


def _denied(rows: Iterable[Sequence[Any]]) -> frozenset[str]:
    if not rows:
        return frozenset()
    answers = (Answer(channel, topic, bool(allowed), moment(at)) for channel, topic, allowed, at in rows)
    return denied(answers, "in_app")
