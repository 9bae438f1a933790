"""Answers to surveys: one row per question, or per option chosen; the event's messageId makes them unique."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from waypost_server.domain.answers import Answer
from waypost_server.domain.interactions import Reaction
from waypost_server.store.play_runs import insert_new
from waypost_server.store.tables import EndUser, SurveyAnswer
from waypost_server.store.types import AnyRow

Counts = dict[str, dict[int | str, int]]  # question → value → how many


def add(session: Session, workspace_id: str, reaction: Reaction, answers: Sequence[Answer]) -> None:
    """Store the answers of one event; those stored before stay as they are."""
    for answer in answers:
        insert_new(
            session,
            SurveyAnswer,
            {
                "workspace_id": workspace_id,
                "message_id": reaction.message_id,
                "question": answer.question,
                "place": answer.place,
                "account_id": reaction.account_id,
                "user_id": reaction.user_id,
                "nudge": reaction.nudge,
                "value_number": answer.number,
                "value_text": answer.text,
                "at": reaction.at,
            },
        )


def counts(session: Session, workspace_id: str, nudge: str, questions: Sequence[str]) -> Counts:
    """How often each value was given to these questions: numbers, or keys of options."""
    rows = session.execute(
        select(SurveyAnswer.question, SurveyAnswer.value_number, SurveyAnswer.value_text, func.count())
        .where(
            SurveyAnswer.workspace_id == workspace_id,
            SurveyAnswer.nudge == nudge,
            SurveyAnswer.question.in_(questions),
        )
        .group_by(SurveyAnswer.question, SurveyAnswer.value_number, SurveyAnswer.value_text)
    )
    found: Counts = defaultdict(dict)
    for question, number, text, count in rows:
        found[question][int(number) if number is not None else text or ""] = count
    return found


def latest_texts(
    session: Session, workspace_id: str, nudge: str, questions: Sequence[str], limit: int = 12
) -> Sequence[AnyRow]:
    """What people wrote last, with whom."""
    return session.execute(
        select(
            SurveyAnswer.at,
            SurveyAnswer.question,
            SurveyAnswer.value_text,
            SurveyAnswer.user_id,
            SurveyAnswer.account_id,
            EndUser.name,
        )
        .outerjoin(
            EndUser,
            (EndUser.workspace_id == SurveyAnswer.workspace_id) & (EndUser.id == SurveyAnswer.user_id),
        )
        .where(
            SurveyAnswer.workspace_id == workspace_id,
            SurveyAnswer.nudge == nudge,
            SurveyAnswer.question.in_(questions),
        )
        .order_by(SurveyAnswer.at.desc(), SurveyAnswer.message_id.desc())
        .limit(limit)
    ).all()
