"""What every check needs: the definitions, where they stand, and where to report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from waypost_server.definitions.findings import Report, Source, TemplateChecker, Where
from waypost_server.definitions.nested import nearest
from waypost_server.domain.definitions import Definitions

# Where the name of a thing is defined: a name is not called unknown while these files cannot be read.
_HOME = {
    "feature": "catalog", "role": "catalog", "segment": "catalog", "motion": "catalog", "milestone": "journey",
    "phase": "journey", "nudge": "in-app", "play": "plays", "template": "templates", "webhook": "policy",
    "chat": "policy", "workshop": "workshops",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """One run of the checks."""

    definitions: Definitions
    sources: Mapping[str, Source]
    report: Report
    broken: frozenset[str]
    check_template: TemplateChecker | None
    groups: Mapping[str, Any] = field(default_factory=dict)  # saved groups, as `compile_condition` takes them

    def source(self, place: str) -> Source:
        """The file of a definition's `source` ("in-app/halfway.yaml:3")."""
        return self.sources[place.rpartition(":")[0]]

    def file(self, name: str) -> Source:
        """A file by name; an empty one if it is not there."""
        return self.sources.get(name) or Source(name, {}, {})

    def defines(self, kind: str) -> bool:
        """Whether every definition of this kind could be read, so that a name can be called unknown."""
        return _HOME.get(kind, kind) not in self.broken

    def known(self, kind: str) -> tuple[str, ...]:
        """Every key of a kind."""
        catalog, journey = self.definitions.catalog, self.definitions.journey
        keys: Mapping[str, Collection[str]] = {
            "feature": [each.key for each in catalog.features],
            "role": [each.key for each in catalog.roles],
            "segment": [each.key for each in catalog.segments],
            "motion": [each.key for each in catalog.motions] + [catalog.default_motion],
            "milestone": [each.key for each in journey.milestones],
            "phase": [each.key for each in journey.phases],
            "nudge": [each.key for each in self.definitions.nudges],
            "template": list(self.definitions.templates),
            "play": [each.key for each in self.definitions.plays],
            "workshop": [each.key for each in self.definitions.workshops],
            "webhook": list(self.definitions.policy.webhooks),
            "chat": list(self.definitions.policy.chat),
        }
        return tuple(dict.fromkeys(keys[kind]))

    def require(self, kind: str, name: str, source: Source, where: Where) -> bool:
        """Report `name` if nothing of this kind has that key. True if it is known."""
        known = self.known(kind)
        if name in known or not self.defines(kind):
            return name in known
        message = f"there is no {kind} {name!r}"
        self.report.error(source, where, f"unknown_{kind}", message, nearest(name, known))
        return False
