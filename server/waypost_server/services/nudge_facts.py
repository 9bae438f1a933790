"""What passed between a person and the nudges, as facts: showings, reactions, words, and answers to surveys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from waypost_server.domain.definitions import Definitions
from waypost_server.domain.surfaces import SCALES
from waypost_server.services.past import Parts
from waypost_server.services.usage_facts import days_since
from waypost_server.store.facts import Subject

ORIGINAL = "original"  # the nudge's own words, no variant's
COUNTED = ("clicked", "completed", "dismissed")
Values = dict[str, Any]


def lay_nudges(known: Values, parts: Parts, subject: Subject, zone: tzinfo) -> None:
    """Lay over the blank facts of nudges what the store knows."""
    nudges = known.get("nudge")
    if not nudges:
        return
    for nudge, count, last_at, *_ in parts.get("offers") or ():
        if nudge in nudges:
            shown = {"shown": count, "days_since_shown": days_since(last_at, subject.today, zone)}
            nudges[nudge] = {**nudges[nudge], **shown}
    for nudge, reaction, count in parts.get("reactions") or ():
        if nudge in nudges and reaction in COUNTED:
            nudges[nudge] = {**nudges[nudge], reaction: count}
    seen = set()
    for nudge, variant in parts.get("variants") or ():  # the newest first
        if nudge in nudges and nudge not in seen:
            seen.add(nudge)
            nudges[nudge] = {**nudges[nudge], "variant": variant or ORIGINAL}


def lay_surveys(
    known: Values, parts: Parts, subject: Subject, zone: tzinfo, definitions: Definitions
) -> None:
    """Lay a person's latest answer to each question over the blank facts of surveys."""
    surveys = known.get("survey")
    if not surveys:
        return
    latest: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for row in parts.get("surveys") or ():  # the newest first; options of one answer stand side by side
        nudge, question, message_id, *_ = row
        rows = latest.setdefault((nudge, question), [])
        if not rows or rows[0][2] == message_id:
            rows.append(row)
    questions = {
        (nudge.key, question.key): question
        for nudge in definitions.nudges
        if nudge.survey is not None
        for question in nudge.survey.questions
    }
    for place, rows in latest.items():
        nudge, question = place
        if place not in questions or question not in surveys.get(nudge, {}):
            continue
        asked, at = questions[place], rows[0][-1]
        told: Values = {"answered": True, "days_since_answered": days_since(at, subject.today, zone)}
        if asked.type in SCALES:
            told["score"] = rows[0][4]
        elif asked.type != "text":
            chosen = [row[5] for row in sorted(rows, key=lambda row: row[3])]
            told["choice"] = chosen if asked.multiple else chosen[0]
        surveys[nudge] = {**surveys[nudge], question: {**surveys[nudge][question], **told}}
