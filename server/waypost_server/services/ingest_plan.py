"""What folding needs to know of a workspace: its zone, and what the live release makes of events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import lru_cache
from weakref import WeakKeyDictionary

from waypost_server.domain.definitions import Definitions, Milestone
from waypost_server.domain.events import Event
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Plan:
    """One release, arranged for folding. Without a release nothing counts as a feature."""

    zone: tzinfo = UTC
    definitions: Definitions | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    user_milestones: Mapping[str, tuple[Milestone, ...]] = field(default_factory=dict)  # by feature
    account_milestones: Mapping[str, tuple[Milestone, ...]] = field(default_factory=dict)
    milestone_features: tuple[str, ...] = ()

    def feature_of(self, event: Event) -> str | None:
        """The feature an event is a use of, or None."""
        if event.type == "track":
            return self.events.get(event.name)
        return self.pages.get(event.name) if event.type in ("page", "screen") else None


_made: WeakKeyDictionary[LiveRelease, Plan] = WeakKeyDictionary()


def plan_of(runtime: Runtime, workspace_id: str) -> Plan:
    """The workspace's plan now; arranged once per release and process."""
    standing = runtime.releases.glance(runtime.db, workspace_id)
    release, zone = standing.release, standing.zone
    if release is None:
        return _bare(zone)
    plan = _made.get(release)
    if plan is None or plan.zone != zone:
        plan = _made[release] = make_plan(release.definitions, zone)
    return plan


@lru_cache
def _bare(zone: tzinfo) -> Plan:
    return Plan(zone=zone)


def make_plan(definitions: Definitions, zone: tzinfo = UTC) -> Plan:
    """A plan for one set of definitions."""
    users, accounts = _by_feature(definitions, "user"), _by_feature(definitions, "account")
    return Plan(
        zone=zone,
        definitions=definitions,
        events=definitions.catalog.feature_of_event(),
        pages=definitions.catalog.feature_of_page(),
        user_milestones=users,
        account_milestones=accounts,
        milestone_features=tuple(sorted({*users, *accounts})),
    )


def _by_feature(definitions: Definitions, scope: str) -> dict[str, tuple[Milestone, ...]]:
    found: defaultdict[str, list[Milestone]] = defaultdict(list)
    for milestone in definitions.journey.milestones:
        if milestone.scope == scope:
            for feature in dict.fromkeys(step.feature for step in milestone.steps):
                found[feature].append(milestone)
    return {feature: tuple(milestones) for feature, milestones in found.items()}
