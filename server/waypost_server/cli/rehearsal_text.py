"""A rehearsal as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from waypost_server.services.rehearsal_figures import NudgeFigures, Rehearsal

BAR = 40  # characters of the longest bar
REASONS = 3  # of each nudge


def lines(found: Rehearsal) -> Iterator[str]:
    """The whole report."""
    yield _title(f"{found.first} to {found.last}: nothing was sent")
    there = f"{found.people:,} people in {found.accounts:,} accounts"
    yield f"  {found.events:,} events, {found.visits:,} visits of {there}"
    if found.share < 1:
        yield (
            f"  A sample of {found.share:.0%} of the accounts was played and scaled up;"
            f" nudges shown are right to about ±{found.about:.0%}. All of them: --all"
        )
    yield from _days(found)
    yield from _nudges(found.nudges)
    yield from _table("Messages that would have been sent", found.sent, "none")
    yield from _table(
        "Messages that would not have been sent, or not yet",
        {state if reason == state else f"{state}: {reason}": count for state, reason, count in found.unsent},
        "none",
    )
    if found.sent_to_strategic:
        yield click.style(f"  {found.sent_to_strategic} of them to strategic accounts", fg="red", bold=True)
    yield from _table("Cap hits (visits in which a limit held a nudge)", found.caps, "none")
    runs = {f"{play} ({motion})": count for play, motion, count in found.runs}
    yield from _table("Plays started", runs, "none")
    signals = {
        f"{kind}, {'answered by no play' if handling == 'none' else 'answered'}": count
        for kind, handling, count in found.signals
    }
    yield from _table("Signals opened", signals, "none")
    yield from _tasks(found)
    yield from _often(found)
    yield _title("What this assumes")
    yield from (f"  - {each}" for each in found.assumptions)


def _title(text: str) -> str:
    return click.style(text, bold=True)


def _days(found: Rehearsal) -> Iterator[str]:
    yield _title("Per day: nudges shown, messages sent, tasks for people")
    most = max((day.shown for day in found.days), default=0) or 1
    for day in found.days:
        bar = "█" * round(day.shown / most * BAR)
        yield f"  {day.day:%b %d %a}  {day.shown:>7,}  {day.sent:>6,}  {day.tasks:>5,}  {click.style(bar, fg='green')}"


def _nudges(nudges: Sequence[NudgeFigures]) -> Iterator[str]:
    yield _title("Per nudge: shown, to how many people, and why not otherwise")
    width = max((len(each.key) for each in nudges), default=0)
    for each in nudges:
        held = list(each.held.items())
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in held[:REASONS])
        more = f" and {len(held) - REASONS} more" if len(held) > REASONS else ""
        yield f"  {each.key:<{width}}  {each.shown:>7,}  {each.people:>7,}  {reasons}{more}"


def _table(title: str, rows: Mapping[str, int], nothing: str) -> Iterator[str]:
    yield _title(title)
    if not rows:
        yield f"  {nothing}"
    for name, count in rows.items():
        yield f"  {count:>7,}  {name}"


def _tasks(found: Rehearsal) -> Iterator[str]:
    yield _title("Tasks per CSM and week")
    if not found.tasks:
        yield "  none"
    for name, weeks in found.tasks.items():
        counted = ", ".join(f"week of {week:%b} {week.day}: {count:,}" for week, count in weeks.items())
        yield f"  {name}: {counted}"


def _often(found: Rehearsal) -> Iterator[str]:
    yield _title(f"People touched more than twice in a week: {found.often_people:,}")
    for each in found.often[:10]:
        yield f"  {each.user_id}: {each.touches} in the week of {each.week:%b} {each.week.day}"
