"""in-app/<key>.yaml → a `Nudge`, with the structure of its surface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waypost_server.domain.definitions import (
    Action,
    Case,
    Content,
    Frequency,
    Goal,
    Hours,
    Limit,
    Nudge,
    Prerequisite,
    Schedule,
    Variant,
    Where,
)
from waypost_server.domain.surfaces import (
    Announcement,
    Branch,
    Checklist,
    ChecklistItem,
    PieceWords,
    Question,
    QuestionWords,
    Survey,
    Tour,
    TourStep,
)

from .findings import Report, Source
from .nested import validate
from .nudge_schemas import NudgeSchema

DAY = 86_400
Data = Mapping[str, Any]


def build_nudge(source: Source, report: Report) -> Nudge | None:
    """One file; None after reporting what is wrong with it."""
    data = validate(NudgeSchema, source.data or {}, source, report)
    if data is None:
        return None
    cases = (
        Case(one["name"], one["given"], one["expect"], source.at(("cases", index)))
        for index, one in enumerate(data.get("cases", []))
    )
    return Nudge(
        key=data["key"],
        title=data["title"],
        surface=data["surface"],
        is_paused=data.get("status") == "paused",
        content=_contents(data["content"]),
        audience=data.get("audience", {}),
        goal=build_goal(data),
        where=Where(**data.get("where", {})),
        frequency=_frequency(data.get("frequency", {})),
        priority=data.get("priority", "start"),
        holdout_percent=data.get("holdout", {}).get("percent", 0),
        schedule=_schedule({**_news_day(data), **data.get("schedule", {})}),
        requires=tuple(Prerequisite(**one) for one in data.get("requires", [])),
        variants=tuple(
            Variant(one["key"], one["percent"], _contents(one["content"])) for one in data.get("variants", [])
        ),
        tour=_tour(data["tour"]) if "tour" in data else None,
        checklist=_checklist(data["checklist"]) if "checklist" in data else None,
        survey=_survey(data["survey"]) if "survey" in data else None,
        announcement=Announcement(**data["announcement"]) if "announcement" in data else None,
        from_play=data.get("from_play", False),
        cases=tuple(cases),
        source=source.at(("key",)),
    )


def build_goal(data: Data) -> Goal | None:
    """The goal of a nudge or play, if it has one."""
    return Goal(**data["goal"]) if "goal" in data else None


# --- words ----------------------------------------------------------------------------------------
def _contents(data: Data) -> dict[str, Content]:
    return {lang: _content(one) for lang, one in data.items()}


def _content(data: Data) -> Content:
    return Content(
        title=data["title"],
        body=data.get("body", ""),
        actions=tuple(Action(**one) for one in data.get("actions", [])),
        why=data.get("why"),
        progress=data.get("progress"),
        steps={key: PieceWords(**one) for key, one in data.get("steps", {}).items()},
        items={key: PieceWords(**one) for key, one in data.get("items", {}).items()},
        questions={key: QuestionWords(**one) for key, one in data.get("questions", {}).items()},
        finished=data.get("finished"),
        thanks=data.get("thanks"),
    )


# --- when and how often ---------------------------------------------------------------------------
def _frequency(data: Data) -> Frequency:
    default = Frequency()
    limits = default.limits
    if "limits" in data:
        limits = tuple(_limit(one) for one in data["limits"])
    elif "max" in data:
        limits = (_limit(data),)
    cooldown = data.get("cooldown_days", default.cooldown_days)
    return Frequency(limits, cooldown, data.get("until", "goal") == "goal")


def _limit(data: Data) -> Limit:
    return Limit(data["max"], data["per"] / DAY if "per" in data else None)


def _news_day(data: Data) -> Data:
    """News is no news before its day."""
    return {"starts_on": data["announcement"]["published_on"]} if "announcement" in data else {}


def _schedule(data: Data) -> Schedule:
    hours = Hours(**data["hours"]) if "hours" in data else None
    return Schedule(**{**data, "hours": hours})


# --- structures -----------------------------------------------------------------------------------
def _tour(data: Data) -> Tour:
    return Tour(tuple(_tour_step(one) for one in data["steps"]), data.get("resume", True))


def _tour_step(data: Data) -> TourStep:
    advance, event = data.get("advance", ("next", None))
    return TourStep(
        key=data["key"],
        where=Where(**data.get("where", {})),
        advance=advance,
        event=event,
        skip_when=data.get("skip_when"),
        branches=tuple(Branch(**one) for one in data.get("branches", [])),
    )


def _checklist(data: Data) -> Checklist:
    return Checklist(tuple(ChecklistItem(**one) for one in data["items"]))


def _survey(data: Data) -> Survey:
    return Survey(
        tuple(Question(**{**one, "options": tuple(one.get("options", ()))}) for one in data["questions"])
    )
