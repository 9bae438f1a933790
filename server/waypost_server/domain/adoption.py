"""What "adopted" means for a segment, and how far an account is from it.

A behaviour is a feature used often enough: `count` uses in `days`, or use in `weeks_active` of the last
`weeks`. With `share_of_users` it must hold for that share of the people in its roles; without, for the account
as a whole. The score is the share of the behaviours' weight that is met.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

State = Literal["adopted", "partial", "not"]
# What follows from an account's newest score: facts of the account, and columns of its row by the same names.
FACTS = ("adoption", "adoption_score", "unmet_behaviours", "next_step")
DEFAULT = "default"  # the definition of accounts whose segment has none of its own


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that adopted accounts do. `roles` None = everybody. Exactly one of the two measures is set."""

    key: str
    title: str
    feature: str
    count: int | None = None
    days: int = 28
    weeks_active: int | None = None
    weeks: int = 4
    roles: tuple[str, ...] | None = None
    share_of_users: float | None = None
    weight: float = 1.0

    @property
    def wanted(self) -> int:
        """Uses, or active weeks."""
        return self.weeks_active or self.count or 1

    @property
    def window_days(self) -> int:
        """How far back it looks, today included."""
        return self.weeks * 7 if self.weeks_active else self.days

    @property
    def is_deep(self) -> bool:
        """Whether it asks for more than one use: again, in several weeks, or by a share of the people."""
        return bool(self.weeks_active) or self.wanted > 1 or self.share_of_users is not None


@dataclass(frozen=True)
class AdoptionDefinition:
    """What counts as adopted for one segment: adopted and partial from these shares of the weight."""

    segment: str
    behaviours: tuple[Behaviour, ...]
    adopted_at: float = 1.0
    partial_at: float = 0.4

    @cached_property
    def digest(self) -> str:
        """Names the meaning: another meaning has another digest, whatever the version says."""
        written = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Adoption:
    """adoption.yaml: a version for people to speak of, and a definition per segment."""

    version: int = 1
    segments: Mapping[str, AdoptionDefinition] = field(default_factory=dict)

    def of(self, segment: str | None) -> AdoptionDefinition | None:
        """The definition that judges an account of this segment."""
        return self.segments.get(segment or "") or self.segments.get(DEFAULT)


@dataclass(frozen=True, slots=True)
class PersonUse:
    """One person of an account: by behaviour, their uses or active weeks in its window."""

    user_id: str
    role: str | None
    measured: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """How far one behaviour is. `value` of `wanted` for the account; `people` of `of_people` where a share counts."""

    behaviour: Behaviour
    met: bool
    value: int
    wanted: int
    progress: float  # 0 to 1
    people: int = 0
    of_people: int = 0

    def words(self) -> str:
        """With its numbers: "2 of 4 people, 50 % wanted", "3 of 4 weeks"."""
        share = self.behaviour.share_of_users
        if share is not None:
            if not self.of_people:
                return f"nobody holds the role, {_percent(share)} wanted"
            return f"{self.people} of {self.of_people} people, {_percent(share)} wanted"
        unit = "week" if self.behaviour.weeks_active else "use"
        unit += "" if self.wanted == 1 else "s"
        return f"{min(self.value, self.wanted)} of {self.wanted} {unit}"


@dataclass(frozen=True, slots=True)
class Assessment:
    """An account against its definition."""

    state: State
    score: float
    findings: tuple[Finding, ...]

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """What is missing, the heaviest first."""
        missing = [each for each in self.findings if not each.met]
        return tuple(sorted(missing, key=lambda each: (-each.behaviour.weight, each.behaviour.key)))


def assess(
    definition: AdoptionDefinition, people: Sequence[PersonUse], weeks: Mapping[str, int]
) -> Assessment:
    """Judge an account. `weeks` are the account's own active weeks by behaviour: those of its people overlap,
    so they cannot be added up."""
    findings = tuple(_find(behaviour, people, weeks) for behaviour in definition.behaviours)
    total = sum(each.weight for each in definition.behaviours)
    met = sum(each.behaviour.weight for each in findings if each.met)
    score = round(met / total, 4) if total else 0.0
    return Assessment(_state(definition, score), score, findings)


def _state(definition: AdoptionDefinition, score: float) -> State:
    if score >= definition.adopted_at:
        return "adopted"
    return "partial" if score >= definition.partial_at else "not"


def _find(behaviour: Behaviour, people: Sequence[PersonUse], weeks: Mapping[str, int]) -> Finding:
    meant = in_roles(behaviour, people)
    values = [each.measured.get(behaviour.key, 0) for each in meant]
    if behaviour.share_of_users is None:
        value = weeks.get(behaviour.key, 0) if behaviour.weeks_active else sum(values)
        return Finding(
            behaviour, value >= behaviour.wanted, value, behaviour.wanted, min(1.0, value / behaviour.wanted)
        )
    doing = sum(1 for value in values if value >= behaviour.wanted)
    needed = max(1, math.ceil(behaviour.share_of_users * len(meant) - 1e-9))
    met = bool(meant) and doing >= needed
    return Finding(behaviour, met, doing, needed, min(1.0, doing / needed), doing, len(meant))


def in_roles(behaviour: Behaviour, people: Iterable[PersonUse]) -> list[PersonUse]:
    """The people a behaviour is about."""
    return [each for each in people if behaviour.roles is None or each.role in behaviour.roles]


def as_json(assessment: Assessment) -> list[dict[str, Any]]:
    """The findings for an answer or a row, in the definition's order."""
    return [
        {
            "key": each.behaviour.key,
            "title": each.behaviour.title,
            "feature": each.behaviour.feature,
            "weight": each.behaviour.weight,
            "met": each.met,
            "value": each.value,
            "wanted": each.wanted,
            "progress": round(each.progress, 4),
            "people": each.people,
            "of_people": each.of_people,
            "words": each.words(),
        }
        for each in assessment.findings
    ]


def _percent(share: float) -> str:
    return f"{share * 100:g} %"
