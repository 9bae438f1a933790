"""Checked data → domain objects. Each `build_…` reports what is wrong and returns what could be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waypost_server.domain.definitions import (
    Catalog,
    Feature,
    Journey,
    LearningPath,
    Milestone,
    MotionRule,
    Phase,
    Role,
    SavedGroup,
    Segment,
    Step,
    Template,
)  # fmt: skip

from .findings import Report, Source
from .nested import validate
from .schemas import CatalogSchema, FrontMatterSchema, JourneySchema, TemplateSchema


def build_catalog(source: Source, report: Report) -> Catalog | None:
    """catalog.yaml."""
    data = validate(CatalogSchema, source.data or {}, source, report)
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
    groups = (
        SavedGroup(key, one["title"], one.get("values"), one.get("when"), source.at(("groups", key)))
        for key, one in data.get("groups", {}).items()
    )
    return Catalog(
        product=data["product"],
        features=tuple(features),
        roles=tuple(roles),
        segments=tuple(segments),
        motions=tuple(motions),
        default_motion=data.get("default_motion", "long_tail"),
        default_locale=data.get("default_locale", "en"),
        groups=tuple(groups),
    )


def build_journey(source: Source, report: Report) -> Journey | None:
    """journey.yaml."""
    data = validate(JourneySchema, source.data or {}, source, report)
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
    paths = (
        LearningPath(key, one["title"], one["nudges"], one.get("roles", ()), source.at(("paths", key)))
        for key, one in data.get("paths", {}).items()
    )
    return Journey(tuple(phases), tuple(milestones), tuple(paths))


def _step(data: Mapping[str, Any]) -> Step:
    return Step(data.get("key", data["feature"]), data["title"], data["feature"], data.get("count", 1))


def build_template(key: str, source: Source, body: str, report: Report) -> Template | None:
    """templates/<key>.md: front matter as `source`, then the body; an environment may have set both."""
    is_whole = isinstance(source.data, dict) and "body" in source.data
    data = validate(TemplateSchema if is_whole else FrontMatterSchema, source.data or {}, source, report)
    if data is None:
        return None
    body = f"{data['body'].strip()}\n" if is_whole else body
    return Template(key, data["subject"], body, data.get("kind", "passive"), source.at(("subject",)))
