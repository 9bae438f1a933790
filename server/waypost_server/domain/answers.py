"""Answers to a survey: what counts as one, and what many add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .surfaces import SCALES, Question, Survey

TEXT_LIMIT = 2_000
PROMOTER, DETRACTOR = 9, 6  # on the scale of 0 to 10


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a number on a scale, the key of an option, or a text. `place` counts several options."""

    question: str
    place: int = 0
    number: int | None = None
    text: str | None = None


def read_answers(survey: Survey, said: Mapping[str, Any]) -> list[Answer]:
    """The good answers among what a browser sent. What fits no question is passed over; the log keeps it."""
    return [answer for question in survey.questions for answer in _read(question, said.get(question.key))]


def _read(question: Question, value: Any) -> Iterator[Answer]:
    if question.type in SCALES:
        lowest, highest = SCALES[question.type]
        if value.__class__ is int and lowest <= value <= highest:
            yield Answer(question.key, number=value)
    elif question.type == "text":
        if isinstance(value, str) and value.strip() and len(value) <= TEXT_LIMIT:
            yield Answer(question.key, text=value.strip())
    else:
        chosen = value if isinstance(value, list) else [value]
        known = all(isinstance(each, str) and each in question.options for each in chosen)
        if known and len(set(chosen)) == len(chosen) and (question.multiple or len(chosen) == 1):
            for place, option in enumerate(chosen):
                yield Answer(question.key, place, text=option)


def nps(counts: Mapping[int, int]) -> int | None:
    """Net promoter score from −100 to 100: the share of 9 and 10 minus that of 0 to 6. None without answers."""
    total = sum(counts.values())
    if not total:
        return None
    promoters = sum(number for value, number in counts.items() if value >= PROMOTER)
    detractors = sum(number for value, number in counts.items() if value <= DETRACTOR)
    return round(100 * (promoters - detractors) / total)


def mean(counts: Mapping[int, int]) -> float | None:
    """The average answer on a scale. None without answers."""
    total = sum(counts.values())
    return sum(value * number for value, number in counts.items()) / total if total else None
