"""Everything the detectors say about one account: what to open, what to close, when to look again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from waypost_server.domain.definitions import Definitions, Milestone
from waypost_server.domain.local_day import day_of
from waypost_server.domain.signals import Finding, decay, dedupe_key, journey
from waypost_server.domain.weeks import at_local, monday

SPREAD_SECONDS = 3 * 3600  # so that not every account is looked at in the same Monday second
DECAY_LAPSES = timedelta(weeks=decay.REFRACTORY_WEEKS)


@dataclass(frozen=True, slots=True)
class MilestoneSeen:
    """A milestone state of the account ('' as user) or of one of its users."""

    milestone: str
    user_id: str
    steps: Mapping[str, str]
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignalSeen:
    """A signal that is open, or was opened within the refractory time."""

    id: str
    kind: str
    dedupe_key: str
    is_open: bool
    opened_at: datetime
    evidence: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """What the detectors need to know of an account."""

    id: str
    first_day: date | None
    milestones: Sequence[MilestoneSeen] = ()
    user_first_days: Mapping[str, date] = field(default_factory=dict)
    series: Sequence[int] = (0,) * decay.WEEKS
    signals: Sequence[SignalSeen] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`closes` holds (signal id, reason); `renews` newer findings for open signals, by id."""

    opens: tuple[Finding, ...]
    closes: tuple[tuple[str, str], ...]
    renews: tuple[tuple[str, Finding], ...]
    check_at: datetime

    @property
    def changes(self) -> int:
        """How many signals are opened, closed or renewed."""
        return len(self.opens) + len(self.closes) + len(self.renews)

    def split(self, room: int) -> tuple[Verdict, Verdict]:
        """The first `room` of its changes, and the others."""
        opens = self.opens[:room]
        closes = self.closes[: room - len(opens)]
        renews = self.renews[: room - len(opens) - len(closes)]
        rest = self.opens[len(opens) :], self.closes[len(closes) :], self.renews[len(renews) :]
        return Verdict(opens, closes, renews, self.check_at), Verdict(*rest, self.check_at)


@dataclass(slots=True)
class _Notes:
    opens: list[Finding] = field(default_factory=list)
    closes: list[tuple[str, str]] = field(default_factory=list)
    renews: list[tuple[str, Finding]] = field(default_factory=list)
    looks: list[datetime] = field(default_factory=list)


def first_week(now: datetime, tz: tzinfo) -> date:
    """The Monday on which the 30-week series of complete weeks begins."""
    return monday(day_of(now - journey.GRACE, tz)) - timedelta(weeks=decay.WEEKS)


def judge(
    account: AccountSeen,
    definitions: Definitions,
    *,
    peers: decay.Peers,
    now: datetime,
    tz: tzinfo,
) -> Verdict:
    """Compare the account with what is already known about it. Looking twice changes nothing."""
    notes = _Notes()
    notes.looks.append(_next_monday(account.id, now, tz))
    _reached(account, definitions, notes, now)
    _overdue(account, definitions, notes, now=now, tz=tz)
    _decay(account, peers, notes, now=now, tz=tz)
    return Verdict(tuple(notes.opens), tuple(notes.closes), tuple(notes.renews), min(notes.looks))


def _next_monday(account_id: str, now: datetime, tz: tzinfo) -> datetime:
    start = at_local(monday(day_of(now, tz)) + timedelta(weeks=1), tz, time(0)) + journey.GRACE
    return start + timedelta(seconds=zlib.crc32(account_id.encode()) % SPREAD_SECONDS)


def _reached(account: AccountSeen, definitions: Definitions, notes: _Notes, now: datetime) -> None:
    titles = {milestone.key: milestone for milestone in definitions.journey.milestones}
    known = {signal.dedupe_key for signal in account.signals if signal.kind == "milestone_reached"}
    for state in account.milestones:
        milestone = titles.get(state.milestone)
        if milestone is None or state.reached_at is None:
            continue
        finding = journey.reached(
            milestone, account.id, user_id=state.user_id, reached_at=state.reached_at, now=now
        )
        if finding is not None and finding.dedupe_key not in known:
            notes.opens.append(finding)
            notes.looks.append(now + journey.NEWS)
    for signal in account.signals:
        if signal.kind == "milestone_reached" and signal.is_open:
            if now - signal.opened_at >= journey.NEWS:
                notes.closes.append((signal.id, "noted"))
            else:
                notes.looks.append(signal.opened_at + journey.NEWS)


def _overdue(
    account: AccountSeen, definitions: Definitions, notes: _Notes, *, now: datetime, tz: tzinfo
) -> None:
    found: dict[str, Finding] = {}
    states = {(each.milestone, each.user_id): each for each in account.milestones}
    for milestone in definitions.journey.milestones:
        for user_id, first_day in _subjects(account, milestone):
            state = states.get((milestone.key, user_id))
            if state is not None and state.reached_at is not None:
                continue
            finding = journey.overdue(
                milestone,
                account.id,
                user_id=user_id,
                first_day=first_day,
                steps=state.steps if state else {},
                now=now,
                tz=tz,
            )
            due = journey.due_at(milestone, first_day, tz)
            if finding is not None:
                found[finding.dedupe_key] = finding
            elif due is not None:
                notes.looks.append(due)
    _settle(account, "milestone_overdue", found, notes)


def _settle(account: AccountSeen, kind: str, found: Mapping[str, Finding], notes: _Notes) -> None:
    """Open what is new, renew what has changed, close what is over."""
    opened = {
        signal.dedupe_key: signal for signal in account.signals if signal.kind == kind and signal.is_open
    }
    for key, finding in found.items():
        known = opened.get(key)
        if known is None:
            notes.opens.append(finding)
        elif dict(known.evidence) != dict(finding.evidence):
            notes.renews.append((known.id, finding))
    notes.closes.extend((signal.id, "resolved") for key, signal in opened.items() if key not in found)


def _subjects(account: AccountSeen, milestone: Milestone) -> list[tuple[str, date]]:
    """Whom a due milestone is about: the account, or each of its users; nobody without a due time."""
    if milestone.due_days is None:
        return []
    if milestone.scope == "account":
        return [("", account.first_day)] if account.first_day else []
    return sorted(account.user_first_days.items())


def _decay(account: AccountSeen, peers: decay.Peers, notes: _Notes, *, now: datetime, tz: tzinfo) -> None:
    signals = [signal for signal in account.signals if signal.kind == "usage_decay"]
    opened = next((signal for signal in signals if signal.is_open), None)
    start = first_week(now, tz)
    age = (start + timedelta(weeks=decay.WEEKS) - account.first_day).days // 7 if account.first_day else 0
    looked = decay.look(account.series, age_weeks=age, peers=peers)
    if opened is not None:
        _follow(account, opened, looked, notes, now=now, start=start)
    elif looked is not None and looked.alarm and all(now - s.opened_at >= DECAY_LAPSES for s in signals):
        notes.opens.append(_decay_finding(account, looked, start, tz))


def _follow(
    account: AccountSeen,
    opened: SignalSeen,
    looked: decay.Decay | None,
    notes: _Notes,
    *,
    now: datetime,
    start: date,
) -> None:
    """An open alarm ends when use recovers, when the account falls silent, or when it has faded."""
    if looked is None:
        notes.closes.append((opened.id, "silent"))
    elif looked.p < decay.RECOVERED:
        notes.closes.append((opened.id, "recovered"))
    elif not looked.alarm and now - opened.opened_at >= DECAY_LAPSES:
        notes.closes.append((opened.id, "faded"))
    elif opened.evidence.get("first_week") != start.isoformat() and looked.alarm:
        notes.renews.append((opened.id, _decay_finding(account, looked, start, None)))


def _decay_finding(account: AccountSeen, looked: decay.Decay, start: date, tz: tzinfo | None) -> Finding:
    fell = start + timedelta(weeks=decay.WEEKS - decay.RECENT)
    return Finding(
        kind="usage_decay",
        dedupe_key=dedupe_key("usage_decay", account.id),
        severity=looked.severity,
        since=at_local(fell, tz or UTC),
        evidence=decay.evidence(looked, account.series, start.isoformat()),
    )
