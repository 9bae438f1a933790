"""The numbers of the gates that hold most often, as sentences; the other gates are told by their names and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from waypost_server.console.words import plural, stamp

Detail = Mapping[str, Any]


def told(gate: str, detail: Detail) -> str | None:
    """What the gate looked at; None when it has no sentences of its own."""
    words = SENTENCES.get(gate)
    return words(detail) if words else None


def _frequency(detail: Detail) -> str:
    last = f", last on {_time(detail['last_at'])}" if detail.get("last_at") else ""
    said = [f"Shown {plural(detail['shown'], 'time')}{last}."]
    for limit in detail["limits"]:
        span = (
            f" in {plural(limit['per_days'], 'day')}; {limit['used']} of them used"
            if limit["per_days"]
            else ""
        )
        said.append(f"At most {plural(limit['max'], 'time')}{span}.")
    if detail.get("cooldown_until"):
        said.append(
            f"{plural(detail['cooldown_days'], 'day')} apart: not before {_time(detail['cooldown_until'])}."
        )
    return " ".join(said)


def _goal(detail: Detail) -> str:
    if "until_goal" not in detail:
        return "It has no goal."
    if not detail["until_goal"]:
        return "It is shown after its goal too."
    if "wanted" in detail:
        return f"{detail['done']} of {detail['wanted']} done."
    return ""


def _dismissed(detail: Detail) -> str:
    stop = (
        f"; it stops at {detail['stops_at']}"
        if detail["stops_at"] is not None
        else "; the policy has no limit"
    )
    return f"Dismissed {plural(detail['dismissed'], 'time')}{stop}."


def _until(detail: Detail) -> str:
    return f"Until {_time(detail['until'])}." if detail.get("until") else ""


def _time(text: str) -> str:
    return stamp(datetime.fromisoformat(text.replace("Z", "+00:00")))


SENTENCES: dict[str, Callable[[Detail], str]] = {
    "frequency": _frequency,
    "goal_reached": _goal,
    "dismissed_twice": _dismissed,
    "snoozed": _until,
    "claimed_elsewhere": _until,
}
