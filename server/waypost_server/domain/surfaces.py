"""What a surface is made of beyond words: the steps of a tour, the items of a checklist, the questions of a survey.

Structure stands once; the words for each piece stand in the nudge's content, per language, under the piece's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Condition = Mapping[str, Any]
AdvanceOn = Literal["next", "click", "event"]
QuestionType = Literal["nps", "csat", "stars", "choice", "text"]

# The whole numbers that answer a question of this type, lowest and highest.
SCALES: Mapping[str, tuple[int, int]] = {"nps": (0, 10), "csat": (1, 5), "stars": (1, 5)}


@dataclass(frozen=True, slots=True)
class Where:
    """Where in the product it may appear; decided in the browser."""

    path: str | None = None
    anchor: str | None = None
    delay_seconds: float = 0


# --- tour -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Branch:
    """After this step go on at the later step `to`, if the condition holds."""

    when: Condition
    to: str


@dataclass(frozen=True, slots=True)
class TourStep:
    """One stop of a tour. It is over when `advance` happens: the person presses next, clicks the element, or
    the product reports `event`. Left out while `skip_when` holds; the first branch that holds says what follows."""

    key: str
    where: Where = field(default_factory=Where)
    advance: AdvanceOn = "next"
    event: str | None = None
    skip_when: Condition | None = None
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True)
class Tour:
    """Steps in order. With `resume` a person who leaves goes on where they stopped."""

    steps: tuple[TourStep, ...]
    resume: bool = True


# --- checklist ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """Something to do, ticked by facts: a milestone reached, a feature used `count` times, or a condition.

    Exactly one of `milestone`, `feature` and `when` is set.
    """

    key: str
    milestone: str | None = None
    feature: str | None = None
    count: int = 1
    when: Condition | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Checklist:
    """Items in the order they are shown."""

    items: tuple[ChecklistItem, ...]


# --- survey ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Question:
    """One question. `options` and `multiple` belong to choice."""

    key: str
    type: QuestionType
    required: bool = True
    multiple: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """Questions in the order they are asked."""

    questions: tuple[Question, ...]


# --- announcement ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Announcement:
    """News in the feed, dated `published_on` (ISO date). With `badge` it counts as unread until opened."""

    published_on: str
    badge: bool = True


# --- words of the pieces --------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PieceWords:
    """What a step or an item says."""

    title: str
    body: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """What a question says: the question itself, the ends of its scale, a label for each option."""

    title: str
    low: str | None = None
    high: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
