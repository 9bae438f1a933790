"""What folding needs to know of a workspace: its zone, and what the live release makes of events."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from waypost_server.domain.definitions import Definitions, Milestone
from waypost_server.domain.events import Event
from waypost_server.domain.local_day import zone_of
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store.tables import Workspace

FRESH = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One release, arranged for folding. Without a release nothing counts as a feature."""

    zone: tzinfo = UTC
    definitions: Definitions | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    user_milestones: Mapping[str, tuple[Milestone, ...]] = field(default_factory=dict)  # by feature
    account_milestones: Mapping[str, tuple[Milestone, ...]] = field(default_factory=dict)

    def feature_of(self, event: Event) -> str | None:
        """The feature an event is a use of, or None."""
        if event.type == "track":
            return self.events.get(event.name)
        return self.pages.get(event.name) if event.type in ("page", "screen") else None


def make_plan(definitions: Definitions, zone: tzinfo = UTC) -> Plan:
    """A plan for one set of definitions."""
    return Plan(
        zone=zone,
        definitions=definitions,
        events=definitions.catalog.feature_of_event(),
        pages=definitions.catalog.feature_of_page(),
        user_milestones=_by_feature(definitions, "user"),
        account_milestones=_by_feature(definitions, "account"),
    )


def _by_feature(definitions: Definitions, scope: str) -> dict[str, tuple[Milestone, ...]]:
    found: defaultdict[str, list[Milestone]] = defaultdict(list)
    for milestone in definitions.journey.milestones:
        if milestone.scope == scope:
            for feature in dict.fromkeys(step.feature for step in milestone.steps):
                found[feature].append(milestone)
    return {feature: tuple(milestones) for feature, milestones in found.items()}


@dataclass(frozen=True, slots=True)
class _Entry:
    plan: Plan
    live: LiveRelease | None
    zone_name: str
    read_at: datetime


class Plans:
    """Plans of all workspaces of one process, looked at again after a second."""

    def __init__(self) -> None:
        self._entries: dict[tuple[int, str], _Entry] = {}
        self._lock = threading.Lock()

    def of(self, runtime: Runtime, workspace_id: str) -> Plan:
        """The workspace's plan now."""
        slot, now = (id(runtime.releases), workspace_id), runtime.clock()
        entry = self._entries.get(slot)
        if entry is not None and timedelta(0) <= now - entry.read_at < FRESH:
            return entry.plan
        with runtime.db.read() as session:
            fresh = _read(session, runtime, workspace_id, now, entry)
        with self._lock:
            if len(self._entries) > 1_000:  # many short-lived runtimes or workspaces must not pile up
                self._entries.clear()
            self._entries[slot] = fresh
        return fresh.plan


def _read(session: Session, runtime: Runtime, workspace_id: str, now: datetime, old: _Entry | None) -> _Entry:
    live = runtime.releases.live(session, workspace_id)
    zone_name = session.scalar(select(Workspace.timezone).where(Workspace.id == workspace_id)) or "UTC"
    if old is not None and old.live is live and old.zone_name == zone_name:
        return _Entry(old.plan, live, zone_name, now)
    zone = zone_of(zone_name)
    plan = Plan(zone=zone) if live is None else make_plan(live.definitions, zone)
    return _Entry(plan, live, zone_name, now)


plans = Plans()
