"""Checked data → domain objects. Each `build_…` reports what is wrong and returns what could be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waypost_server.domain.definitions import (
    Action,
    Cap,
    Case,
    Catalog,
    Content,
    Feature,
    Frequency,
    Goal,
    Journey,
    Limit,
    Milestone,
    MotionRule,
    Nudge,
    Phase,
    Policy,
    QuietHours,
    Role,
    Segment,
    Step,
    Template,
    Where,
)  # fmt: skip

from .findings import Report, Source
from .nested import validate
from .schemas import CatalogSchema, FrontMatterSchema, JourneySchema, NudgeSchema, PolicySchema

DAY = 86_400


def build_catalog(source: Source, report: Report) -> Catalog | None:
    """catalog.yaml."""
    data = validate(CatalogSchema(), source.data or {}, source, report)
    if data is None:
        return None
    features = (
        Feature(key, one["title"], one.get("events", ()), one.get("pages", ()), one.get("core", False),
                source.at(("features", key)))
        for key, one in data["features"].items()
    )  # fmt: skip
    roles = (Role(key, title, source.at(("roles", key))) for key, title in data.get("roles", {}).items())
    segments = (
        Segment(key, one["title"], one["when"], source.at(("segments", key)))
        for key, one in data.get("segments", {}).items()
    )
    motions = (
        MotionRule(key, one["when"], source.at(("motions", key)))
        for key, one in data.get("motions", {}).items()
    )
    default = data.get("default_motion", "long_tail")
    return Catalog(data["product"], tuple(features), tuple(roles), tuple(segments), tuple(motions), default)


def build_journey(source: Source, report: Report) -> Journey | None:
    """journey.yaml."""
    data = validate(JourneySchema(), source.data or {}, source, report)
    if data is None:
        return None
    phases = (
        Phase(key, one["title"], one.get("start_day", 0), one.get("end_day"))
        for key, one in data.get("phases", {}).items()
    )
    milestones = (
        Milestone(key, one["title"], one["scope"], tuple(_step(step) for step in one["steps"]), one.get("phase"),
                  one.get("due_days"), source.at(("milestones", key)))
        for key, one in data.get("milestones", {}).items()
    )  # fmt: skip
    return Journey(tuple(phases), tuple(milestones))


def _step(data: Mapping[str, Any]) -> Step:
    return Step(data.get("key", data["feature"]), data["title"], data["feature"], data.get("count", 1))


def build_policy(source: Source, report: Report) -> Policy | None:
    """policy.yaml. A missing file, or a missing line, means the default; `quiet_hours: null` means never quiet."""
    data = validate(PolicySchema(), source.data or {}, source, report)
    if data is None:
        return None
    caps = (
        Cap(one["max"], one["per"], one.get("scope", "person"), one.get("kinds"), one.get("channels"))
        for one in data.get("caps", [])
    )
    quiet = data.get("quiet_hours", {})
    return Policy(
        caps=tuple(caps),
        quiet_hours=None if quiet is None else QuietHours(**quiet),
        min_gap_seconds=data.get("min_gap", 0),
        dismissals_before_stop=data.get("dismissals_before_stop", 2),
        timezone=data.get("timezone", "UTC"),
        webhooks=data.get("webhooks", {}),
    )


def build_nudge(source: Source, report: Report) -> Nudge | None:
    """in-app/<key>.yaml."""
    data = validate(NudgeSchema(), source.data or {}, source, report)
    if data is None:
        return None
    schedule = data.get("schedule", {})
    cases = (
        Case(one["name"], one["given"], one["expect"], source.at(("cases", index)))
        for index, one in enumerate(data.get("cases", []))
    )
    return Nudge(
        key=data["key"],
        title=data["title"],
        surface=data["surface"],
        content={lang: _content(one) for lang, one in data["content"].items()},
        audience=data.get("audience", {}),
        goal=build_goal(data),
        where=Where(**data.get("where", {})),
        frequency=_frequency(data.get("frequency", {})),
        priority=data.get("priority", "start"),
        holdout_percent=data.get("holdout", {}).get("percent", 0),
        starts_on=schedule.get("starts_on"),
        ends_on=schedule.get("ends_on"),
        from_play=data.get("from_play", False),
        cases=tuple(cases),
        source=source.at(("key",)),
    )


def build_goal(data: Mapping[str, Any]) -> Goal | None:
    """The goal of a nudge or play, if it has one."""
    return Goal(**data["goal"]) if "goal" in data else None


def _content(data: Mapping[str, Any]) -> Content:
    actions = tuple(Action(**one) for one in data.get("actions", []))
    return Content(data["title"], data["body"], actions, data.get("why"), data.get("progress"))


def _frequency(data: Mapping[str, Any]) -> Frequency:
    default = Frequency()
    limits = default.limits
    if "limits" in data:
        limits = tuple(_limit(one) for one in data["limits"])
    elif "max" in data:
        limits = (_limit(data),)
    cooldown = data.get("cooldown_days", default.cooldown_days)
    return Frequency(limits, cooldown, data.get("until", "goal") == "goal")


def _limit(data: Mapping[str, Any]) -> Limit:
    return Limit(data["max"], data["per"] / DAY if "per" in data else None)


def build_template(key: str, source: Source, body: str, report: Report) -> Template | None:
    """templates/<key>.md: front matter as `source`, then the body."""
    data = validate(FrontMatterSchema(), source.data or {}, source, report)
    if data is None:
        return None
    return Template(key, data["subject"], body, data.get("kind", "passive"), source.at(("subject",)))
