"""What people answered to a survey, as the nudge's page shows it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from waypost_server.domain.answers import mean, nps
from waypost_server.domain.definitions import Content, Nudge
from waypost_server.domain.surfaces import SCALES, Question
from waypost_server.store import survey_answers


def results(session: Session, workspace_id: str, nudge: Nudge, content: Content) -> dict[str, Any] | None:
    """Per question the distribution and the score, and the last texts; None for what asks nothing."""
    if nudge.survey is None:
        return None
    counted = [each.key for each in nudge.survey.questions if each.type != "text"]
    written = [each.key for each in nudge.survey.questions if each.type == "text"]
    counts = survey_answers.counts(session, workspace_id, nudge.key, counted)
    questions = [
        _question(each, content, counts.get(each.key, {}))
        for each in nudge.survey.questions
        if each.type != "text"
    ]
    return {
        "questions": questions,
        "texts": survey_answers.latest_texts(session, workspace_id, nudge.key, written) if written else (),
    }


def _question(question: Question, content: Content, counts: dict[int | str, int]) -> dict[str, Any]:
    words = content.questions.get(question.key)
    values: list[tuple[int | str, str]]
    if question.type in SCALES:
        lowest, highest = SCALES[question.type]
        values = [(value, str(value)) for value in range(lowest, highest + 1)]
    else:
        labels = words.options if words else {}
        values = [(option, labels.get(option, option)) for option in question.options]
    return {
        "title": words.title if words else question.key,
        "rows": [(label, counts.get(value, 0)) for value, label in values],
        "count": sum(counts.values()),
        "score": _score(question, counts),
    }


def _score(question: Question, counts: dict[int | str, int]) -> str | None:
    numbers = {value: number for value, number in counts.items() if isinstance(value, int)}
    if not numbers or question.type not in SCALES:
        return None
    if question.type == "nps":
        score = nps(numbers)
        return None if score is None else f"NPS {score:+d}".replace("-", "−")
    average = mean(numbers)
    return None if average is None else f"{average:.1f} of {SCALES[question.type][1]}"
