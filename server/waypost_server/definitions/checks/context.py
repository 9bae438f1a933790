"""What every check needs: the definitions, where they stand, and where to report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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

_KEYS: Mapping[str, Callable[[Definitions], Iterable[str]]] = {
    "feature": lambda found: (each.key for each in found.catalog.features),
    "role": lambda found: (each.key for each in found.catalog.roles),
    "segment": lambda found: (each.key for each in found.catalog.segments),
    "motion": lambda found: (*(each.key for each in found.catalog.motions), found.catalog.default_motion),
    "milestone": lambda found: (each.key for each in found.journey.milestones),
    "phase": lambda found: (each.key for each in found.journey.phases),
    "nudge": lambda found: (each.key for each in found.nudges),
    "template": lambda found: found.templates,
    "play": lambda found: (each.key for each in found.plays),
    "workshop": lambda found: (each.key for each in found.workshops),
    "webhook": lambda found: found.policy.webhooks,
    "chat": lambda found: found.policy.chat,
}


@dataclass(frozen=True, slots=True)
class Context:
    """One run of the checks."""

    definitions: Definitions
    sources: Mapping[str, Source]
    report: Report
    broken: frozenset[str]
    check_template: TemplateChecker | None
    groups: Mapping[str, Any] = field(default_factory=dict)  # saved groups, as `compile_condition` takes them
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)  # keys by kind, as far as asked for

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
        """Every key of a kind; listed once a run."""
        found = self.listed.get(kind)
        if found is None:
            found = self.listed[kind] = tuple(dict.fromkeys(_KEYS[kind](self.definitions)))
        return found

    def require(self, kind: str, name: str, source: Source, where: Where) -> bool:
        """Report `name` if nothing of this kind has that key. True if it is known."""
        known = self.known(kind)
        if name in known or not self.defines(kind):
            return name in known
        message = f"there is no {kind} {name!r}"
        self.report.error(source, where, f"unknown_{kind}", message, nearest(name, known))
        return False
