"""Is this the time? The schedule, the start of the session, and quiet hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.history import Situation
from waypost_server.domain.local_day import zone_of
from waypost_server.domain.quiet_hours import quiet_until

from .gate import time_text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def paused(nudge: CompiledNudge, situation: Situation) -> bool:
    """Its author has switched it off."""
    return nudge.nudge.is_paused


def status(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """Whether it is switched on."""
    return {"status": "paused" if nudge.nudge.is_paused else "live"}


def local(nudge: CompiledNudge, situation: Situation) -> datetime:
    """Now, on the clock the nudge's schedule goes by."""
    return _theirs(situation) if nudge.nudge.schedule.zone == "user" else _ours(situation)


def _theirs(situation: Situation) -> datetime:
    """Now on the person's own clock; the workspace's for a person whose zone is unknown."""
    found = situation.clocks.get("user")
    if found is None:
        name = situation.facts.get("user", {}).get("timezone")
        zone = zone_of(name, situation.zone) if isinstance(name, str) else situation.zone
        found = situation.clocks["user"] = situation.now.astimezone(zone)
    return found


def _ours(situation: Situation) -> datetime:
    """Now on the workspace's clock."""
    found = situation.clocks.get("workspace")
    if found is None:
        found = situation.clocks["workspace"] = situation.now.astimezone(situation.zone)
    return found


def not_started(nudge: CompiledNudge, situation: Situation) -> bool:
    """Before its first day."""
    return nudge.starts_on is not None and local(nudge, situation).date() < nudge.starts_on


def ended(nudge: CompiledNudge, situation: Situation) -> bool:
    """After its last day."""
    return nudge.ends_on is not None and local(nudge, situation).date() > nudge.ends_on


def dates(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """The first and last day, and today."""
    schedule = nudge.nudge.schedule
    today = local(nudge, situation).date().isoformat()
    return {"starts_on": schedule.starts_on, "ends_on": schedule.ends_on, "today": today}


def off_hours(nudge: CompiledNudge, situation: Situation) -> bool:
    """On another day of the week, or at another hour. The part of a night after midnight belongs to the
    evening on which it began."""
    schedule, now = nudge.nudge.schedule, local(nudge, situation)
    day = now.isoweekday()
    if schedule.hours is not None:
        start, end = schedule.hours.start, schedule.hours.end
        clock = f"{now.hour:02}:{now.minute:02}"  # sorts as the times do
        if start < end:
            inside = start <= clock < end
        else:
            inside = clock >= start or clock < end or start == end
            day = day if clock >= start else (day - 2) % 7 + 1
        if not inside:
            return True
    return bool(schedule.days) and day not in schedule.days


def hours(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """The days and hours it runs, and the local time."""
    schedule, now = nudge.nudge.schedule, local(nudge, situation)
    span = schedule.hours
    return {
        "days": [DAYS[day - 1] for day in schedule.days],
        "hours": None if span is None else {"start": span.start, "end": span.end},
        "zone": schedule.zone,
        "local_day": DAYS[now.weekday()],
        "local_time": now.strftime("%H:%M"),
    }


def settling(nudge: CompiledNudge, situation: Situation) -> bool:
    """In the first moments of a session the person is on the way to something else."""
    free_at = settled_at(nudge, situation)
    return free_at is not None and situation.now < free_at


def settled_at(nudge: CompiledNudge, situation: Situation) -> datetime | None:
    """When the first moments are over; None where nobody knows when the session began, or nothing waits."""
    rule, started = nudge.policy.session, situation.session_started_at
    if rule is None or not rule.settle_seconds or started is None:
        return None
    return started + timedelta(seconds=rule.settle_seconds)


def settling_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """When the session began, and from when it may be shown."""
    rule = nudge.policy.session
    return {
        "started_at": time_text(situation.session_started_at),
        "settle_seconds": rule.settle_seconds if rule else 0,
        "free_at": time_text(settled_at(nudge, situation)),
    }


def quiet(nudge: CompiledNudge, situation: Situation) -> bool:
    """An interrupting nudge at night, if the policy keeps them out of it."""
    return _until(nudge, situation) is not None


def _until(nudge: CompiledNudge, situation: Situation) -> datetime | None:
    rule = nudge.policy.quiet_hours
    if rule is None or not rule.in_app or nudge.kind not in ("interrupting", "survey"):
        return None
    return quiet_until(situation.now, rule, _theirs(situation).tzinfo or situation.zone)


def quiet_numbers(nudge: CompiledNudge, situation: Situation) -> dict[str, Any]:
    """The hours, the local time, and when they end."""
    rule = nudge.policy.quiet_hours
    return {
        "quiet_hours": None
        if rule is None
        else {"start": rule.start, "end": rule.end, "in_app": rule.in_app},
        "local_time": _theirs(situation).strftime("%H:%M"),
        "until": time_text(_until(nudge, situation)),
    }
