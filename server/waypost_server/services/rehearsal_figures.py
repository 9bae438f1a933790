"""The figures of a rehearsal: per day, per nudge, per cap, per CSM and week, and who was touched too often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo
from math import sqrt
from typing import Any

from waypost_server.domain.definitions import Definitions
from waypost_server.domain.local_day import day_of
from waypost_server.domain.weeks import monday
from waypost_server.services.rehearsal_days import Counts
from waypost_server.store import rehearsal_reads as reads
from waypost_server.store.database import Database

STRATEGIC = "strategic"
OFTEN = 2  # touches a week; more is too much
NAMED = 20  # people named
NOBODY = "the team's queue"


@dataclass(frozen=True, slots=True)
class Day:
    """One day: nudges shown, messages sent, tasks made."""

    day: date
    shown: int
    sent: int
    tasks: int


@dataclass(frozen=True, slots=True)
class NudgeFigures:
    """One nudge: how often it was shown, to how many people, and why not otherwise (visits by reason)."""

    key: str
    title: str
    shown: int
    people: int
    held: dict[str, int]


@dataclass(frozen=True, slots=True)
class Often:
    """A person in the week with the most touches."""

    user_id: str
    week: date
    touches: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a draft would have done."""

    first: date
    last: date
    share: float  # of the accounts played; below 1 every count is scaled up
    about: float  # half the width of the 95 % interval of the nudges shown, as a share; 0 when all was played
    events: int
    visits: int
    people: int
    accounts: int
    days: tuple[Day, ...]
    nudges: tuple[NudgeFigures, ...]
    sent: dict[str, int]  # by play and template or webhook
    sent_to_strategic: int
    unsent: tuple[tuple[str, str, int], ...]  # state, reason, how many
    caps: dict[str, int]  # visits in which a cap held a nudge that had passed every gate before it
    runs: tuple[tuple[str, str, int], ...]  # play, motion, how many
    signals: tuple[tuple[str, str, int], ...]  # kind, handling, how many
    tasks: dict[str, dict[date, int]]  # CSM → week → tasks
    often: tuple[Often, ...]  # the worst of them
    often_people: int
    assumptions: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        document = asdict(self)
        document["tasks"] = {
            name: {week.isoformat(): count for week, count in weeks.items()}
            for name, weeks in self.tasks.items()
        }
        return document


def figures(
    scratch: Database,
    definitions: Definitions,
    counts: Counts,
    bounds: Sequence[datetime],
    zone: tzinfo,
    *,
    events: int,
    share: float,
    assumptions: tuple[str, ...],
) -> Rehearsal:
    """Count what the days left in the scratch database."""
    since = bounds[0]
    days = [day_of(bound, zone) for bound in bounds[:-1]]
    with scratch.read() as session:
        shown, sent = reads.shown(session, since), reads.sent(session, since)
        tasks, touches = reads.tasks(session, since), reads.touches(session, since)
        runs, signals = reads.runs(session, since), reads.signals(session, since)
        unsent = reads.unsent(session, since)
    per_day = [Counter(day_of(row[0], zone) for row in rows) for rows in (shown, sent, tasks)]
    often = _often(touches, zone)
    scale = _Scale(1 / share if share else 1.0)
    return Rehearsal(
        first=days[0],
        last=days[-1],
        share=share,
        about=0.0 if share == 1 else _about(Counter(row[3] for row in shown), len(counts.accounts), share),
        events=scale.up(events),
        visits=scale.up(counts.visits),
        people=scale.up(len(counts.people)),
        accounts=scale.up(len(counts.accounts)),
        days=tuple(Day(day, *(scale.up(count[day]) for count in per_day)) for day in days),
        nudges=_nudges(definitions, counts, shown, scale),
        sent=scale.each(Counter(f"{play}: {template or channel}" for _, play, template, channel, _ in sent)),
        sent_to_strategic=sum(1 for row in sent if row[4] == STRATEGIC),
        unsent=tuple((state, reason or state, scale.up(count)) for state, reason, count in unsent),
        caps=scale.each(counts.caps),
        runs=tuple((play, motion, scale.up(count)) for play, motion, count in runs),
        signals=tuple((kind, handling, scale.up(count)) for kind, handling, count in signals),
        tasks=_tasks(tasks, zone, scale),
        often=tuple(often[:NAMED]),
        often_people=scale.up(len(often)),
        assumptions=assumptions,
    )


class _Scale:
    """From the accounts played to all of them."""

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def up(self, count: int) -> int:
        """A count, scaled."""
        return round(count * self._factor)

    def each(self, counter: Counter[Any]) -> dict[Any, int]:
        """Every count, scaled, the largest first."""
        return {name: self.up(count) for name, count in counter.most_common()}


def _about(by_account: Counter[str], accounts: int, share: float) -> float:
    """How far the total may be off, as a share of it: the spread between accounts, with 95 % confidence."""
    total = sum(by_account.values())
    if accounts < 2 or not total:
        return 0.0
    mean = total / accounts
    squares = sum((count - mean) ** 2 for count in by_account.values())
    squares += (accounts - len(by_account)) * mean**2
    deviation = sqrt(squares / (accounts - 1) * (1 - share) / accounts)
    return 1.96 * deviation / mean


def _nudges(
    definitions: Definitions, counts: Counts, shown: Sequence[tuple[Any, ...]], scale: _Scale
) -> tuple[NudgeFigures, ...]:
    times = Counter(nudge for _, nudge, _, _ in shown)
    people: defaultdict[str, set[str]] = defaultdict(set)
    for _, nudge, user_id, _ in shown:
        people[nudge].add(user_id)
    held: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (nudge, reason), count in counts.held.items():
        held[nudge][reason] += count
    return tuple(
        NudgeFigures(
            each.key,
            each.title,
            scale.up(times[each.key]),
            scale.up(len(people[each.key])),
            scale.each(held[each.key]),
        )
        for each in sorted(definitions.nudges, key=lambda nudge: (-times[nudge.key], nudge.key))
    )


def _tasks(tasks: Sequence[tuple[Any, ...]], zone: tzinfo, scale: _Scale) -> dict[str, dict[date, int]]:
    found: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for at, owner, _ in tasks:
        found[owner or NOBODY][monday(day_of(at, zone))] += 1
    return {
        name: {week: scale.up(count) for week, count in sorted(found[name].items())} for name in sorted(found)
    }


def _often(touches: Sequence[tuple[Any, ...]], zone: tzinfo) -> list[Often]:
    """People with more than OFTEN touches in a week (Monday to Sunday), each with the worst one."""
    weeks = Counter((user_id, monday(day_of(at, zone))) for user_id, at in touches)
    worst: dict[str, Often] = {}
    for (user_id, week), count in weeks.items():
        if count > OFTEN and (user_id not in worst or count > worst[user_id].touches):
            worst[user_id] = Often(user_id, week, count)
    return sorted(worst.values(), key=lambda each: (-each.touches, each.user_id))
