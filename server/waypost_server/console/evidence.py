"""A signal's or task's evidence in words: what was noticed, how sure, and the figures for a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waypost_server.console.words import percent, sentence

TITLES = {
    "usage_decay": "Use has at least halved",
    "milestone_overdue": "Milestone late",
    "milestone_reached": "Milestone reached",
}
TAGS = {
    "usage_decay": "Usage fell by half",
    "milestone_overdue": "Milestone late",
    "milestone_reached": "Milestone reached",
}
TONES = {"usage_decay": "problem", "milestone_overdue": "attention", "milestone_reached": "accent"}


@dataclass(frozen=True, slots=True)
class Reading:
    """Evidence ready for a page."""

    tag: str
    tone: str
    title: str
    words: str
    detail: str  # the words without what the title has said
    usual: float | None
    now: float | None
    recent: int
    series: Sequence[float]
    roles: Sequence[tuple[str, float, float]]


def read(kind: str | None, evidence: Mapping[str, Any] | None) -> Reading:
    """Evidence of any kind; what a page cannot read is left out, never an error."""
    found = evidence if isinstance(evidence, Mapping) else {}
    kind = kind or str(found.get("kind") or found.get("signal") or "")
    sure = _number(found.get("p"))
    tag = TAGS.get(kind) or sentence(kind) or "For a person"
    milestone = found.get("title")
    title = TITLES.get(kind) or sentence(kind) or "What it is about"
    if kind.startswith("milestone_") and isinstance(milestone, str) and milestone:
        title = f"“{milestone}” is late" if kind == "milestone_overdue" else f"“{milestone}” was reached"
    words = _words(found)
    return Reading(
        tag=f"{tag} · {percent(sure)} sure" if sure is not None else tag,
        tone=TONES.get(kind, "information"),
        title=title,
        words=words,
        detail=_rest(words, str(milestone)),
        usual=_number(found.get("before_per_week")),
        now=_number(found.get("now_per_week")),
        recent=int(_number(found.get("recent_weeks")) or 0) if kind == "usage_decay" else 0,
        series=_series(found.get("series")),
        roles=_roles(found.get("roles")),
    )


def _words(found: Mapping[str, Any]) -> str:
    words = found.get("words")
    return words[:600] if isinstance(words, str) else ""


def _rest(words: str, milestone: str) -> str:
    """ "First automation live: 6 days overdue." → "6 days overdue."; nothing when that is all."""
    if words == f"Reached: {milestone}.":
        return ""
    rest = words.removeprefix(f"{milestone}: ")
    return rest[:1].upper() + rest[1:]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _series(value: Any) -> Sequence[float]:
    if not isinstance(value, list):
        return ()
    return [float(each) for each in value[:104] if isinstance(each, int | float) and each >= 0]


def _roles(value: Any) -> Sequence[tuple[str, float, float]]:
    """(role, before, now), in user-days a week."""
    found = []
    for each in value[:20] if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            before, now = _number(each.get("before_per_week")), _number(each.get("now_per_week"))
            if before is not None and now is not None:
                found.append((str(each.get("role", "")), before, now))
    return found
