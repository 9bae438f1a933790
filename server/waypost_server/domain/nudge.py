"""A nudge as its author wrote it: for whom, to what end, where, when, how often, and in which words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .surfaces import (
    Announcement,
    Checklist,
    Condition,
    PieceWords,
    QuestionWords,
    Survey,
    Tour,
    Where,
)

Surface = Literal[
    "tooltip", "banner", "modal", "slideout", "hotspot", "tour", "checklist", "survey", "announcement"
]
Kind = Literal["interrupting", "passive", "survey", "transactional"]
Priority = Literal["deepen", "start", "announce"]
PrerequisiteState = Literal["seen", "clicked", "completed"]

# How a nudge's surface spends attention: something that covers or points interrupts; a strip, a dot, a list
# that waits in its corner and a feed that people open themselves do not.
KIND_OF_SURFACE: Mapping[str, Kind] = {
    "tooltip": "interrupting",
    "banner": "passive",
    "modal": "interrupting",
    "slideout": "interrupting",
    "hotspot": "passive",
    "tour": "interrupting",
    "checklist": "passive",
    "survey": "survey",
    "announcement": "passive",
}


@dataclass(frozen=True, slots=True)
class Goal:
    """The behaviour a nudge or play is for: a milestone reached, or a feature used, within a time.

    Exactly one of `milestone` and `feature` is set. With `feature`: at least `count` uses, or use in
    `weeks_active` distinct weeks, counted from the moment the subject was first touched.
    """

    milestone: str | None = None
    feature: str | None = None
    count: int = 1
    weeks_active: int | None = None
    within_days: int | None = None


# --- when and how often ---------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Limit:
    """At most `max` times per `per_days` (None = ever)."""

    max: int
    per_days: float | None = None


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often one person may see one nudge. Every limit must hold."""

    limits: tuple[Limit, ...] = (Limit(max=3),)
    cooldown_days: float = 7
    until_goal: bool = True


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day, `start` up to `end` ("09:00" to "17:00"); past midnight when `end` is earlier."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it may be shown; None or empty = no bound. Days and hours are those of `zone`: the workspace's,
    or the person's own (the workspace's for a person whose zone is unknown)."""

    starts_on: str | None = None  # ISO date, the first day
    ends_on: str | None = None  # ISO date, the last day
    zone: Literal["workspace", "user"] = "workspace"
    days: tuple[int, ...] = ()  # ISO weekdays: 1 = Monday … 7 = Sunday
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """Another nudge that must have got to `state` at least `after_days` ago."""

    nudge: str
    state: PrerequisiteState = "seen"
    after_days: float = 0


# --- words ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Action:
    """A button: `url` navigates, `event` tracks; neither just closes."""

    label: str
    url: str | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Words in one language: Markdown and allow-listed Jinja over facts.

    `steps`, `items` and `questions` hold the words of a tour, checklist or survey, by the key of the piece.
    """

    title: str
    body: str
    actions: tuple[Action, ...] = ()
    why: str | None = None
    progress: str | None = None  # a milestone key whose done / total is shown as a bar
    steps: Mapping[str, PieceWords] = field(default_factory=dict)
    items: Mapping[str, PieceWords] = field(default_factory=dict)
    questions: Mapping[str, QuestionWords] = field(default_factory=dict)
    finished: str | None = None  # shown when every item of the checklist is done
    thanks: str | None = None  # shown when the survey was answered

    def texts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every text but the buttons', with its place: ("steps", "create", "body")."""
        for name in ("title", "body", "why", "finished", "thanks"):
            if text := getattr(self, name):
                yield (name,), text
        for kind in ("steps", "items", "questions"):
            for key, words in getattr(self, kind).items():
                for part in ("title", "body", "low", "high"):
                    if text := getattr(words, part, None):
                        yield (kind, key, part), text
        for key, question in self.questions.items():
            for option, label in question.options.items():
                yield ("questions", key, "options", option), label


@dataclass(frozen=True, slots=True)
class Variant:
    """Other words for `percent` of the people; who gets which is decided by a hash of the user."""

    key: str
    percent: float
    content: Mapping[str, Content]


@dataclass(frozen=True, slots=True)
class Case:
    """An example beside a definition: given facts, expect "shown" or held for a reason."""

    name: str
    given: Mapping[str, Any]
    expect: str  # "shown" or the held reason
    source: str = ""


# --- the nudge ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Nudge:
    """Something shown to a user inside the product."""

    key: str
    title: str
    surface: Surface
    content: Mapping[str, Content]
    audience: Condition = field(default_factory=dict)
    goal: Goal | None = None
    where: Where = field(default_factory=Where)
    frequency: Frequency = field(default_factory=Frequency)
    priority: Priority = "start"
    holdout_percent: float = 0
    schedule: Schedule = field(default_factory=Schedule)
    requires: tuple[Prerequisite, ...] = ()
    variants: tuple[Variant, ...] = ()  # percents add up to 100 at most; the rest sees `content`
    tour: Tour | None = None
    checklist: Checklist | None = None
    survey: Survey | None = None
    announcement: Announcement | None = None
    is_paused: bool = False  # held for everybody, by its own file or an environment
    from_play: bool = False  # eligible only while a play has handed it to the subject
    cases: tuple[Case, ...] = ()
    source: str = ""

    @property
    def kind(self) -> Kind:
        """How it spends attention."""
        return KIND_OF_SURFACE[self.surface]
