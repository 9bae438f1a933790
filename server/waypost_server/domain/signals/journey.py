"""Milestones reached just now, and milestones past their due time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from waypost_server.domain.definitions import Milestone
from waypost_server.domain.local_day import day_of
from waypost_server.domain.signals import Finding, dedupe_key
from waypost_server.domain.weeks import at_local

NEWS = timedelta(hours=72)  # older than that changes state and starts nothing
ACT_WITHIN_DAYS = 30  # a due date missed longer ago than this, when first seen, is history
GRACE = timedelta(minutes=15)  # late events may still prove activity


def reached(
    milestone: Milestone, account_id: str, *, user_id: str, reached_at: datetime, now: datetime
) -> Finding | None:
    """A milestone reached within the last 72 hours; None when it is older (imports) or not yet."""
    if not now - NEWS <= reached_at <= now + GRACE:
        return None
    return Finding(
        kind="milestone_reached",
        dedupe_key=dedupe_key("milestone_reached", account_id, milestone.key, user_id),
        severity=0.0,
        since=reached_at,
        evidence={
            "milestone": milestone.key,
            "title": milestone.title,
            "reached_at": reached_at.isoformat(),
            "words": f"Reached: {milestone.title}.",
        },
        user_id=user_id,
        milestone=milestone.key,
    )


def due_at(milestone: Milestone, first_day: date, tz: tzinfo) -> datetime | None:
    """When the milestone counts as overdue: the end of its due day, and a grace for late events."""
    if milestone.due_days is None:
        return None
    return at_local(first_day + timedelta(days=milestone.due_days + 1), tz) + GRACE


def overdue(
    milestone: Milestone,
    account_id: str,
    *,
    user_id: str,
    first_day: date,
    steps: Mapping[str, str],
    now: datetime,
    tz: tzinfo,
) -> Finding | None:
    """A milestone not reached by its due day; None before that day has ended."""
    due = due_at(milestone, first_day, tz)
    if due is None or now < due:
        return None
    late = (day_of(now, tz) - first_day).days - (milestone.due_days or 0)
    return Finding(
        kind="milestone_overdue",
        dedupe_key=dedupe_key("milestone_overdue", account_id, milestone.key, user_id),
        severity=round(min(1.0, 0.4 + 0.6 * late / ACT_WITHIN_DAYS), 4),
        since=due - GRACE,
        evidence=_overdue_evidence(milestone, steps, first_day, late),
        user_id=user_id,
        milestone=milestone.key,
        stale=(
            f"Already {late} days overdue when first noticed; plays start within {ACT_WITHIN_DAYS} days."
            if late > ACT_WITHIN_DAYS
            else ""
        ),
    )


def _overdue_evidence(
    milestone: Milestone, steps: Mapping[str, str], first_day: date, late: int
) -> dict[str, Any]:
    missing = [step for step in milestone.steps if step.key not in steps]
    done, total = len(milestone.steps) - len(missing), len(milestone.steps)
    days = "day" if late == 1 else "days"
    text = f"{milestone.title}: {late} {days} overdue, {done} of {total} steps done."
    if missing:
        text += f" Next: {missing[0].title}."
    return {
        "milestone": milestone.key,
        "title": milestone.title,
        "due_on": (first_day + timedelta(days=milestone.due_days or 0)).isoformat(),
        "days_overdue": late,
        "done": done,
        "total": total,
        "missing": [step.key for step in missing],
        "words": text,
    }
