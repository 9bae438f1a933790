"""The words of a tour's steps, a checklist's items and a survey's questions, as the browser gets them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from waypost_server.channels import nodes, templating
from waypost_server.domain.definitions import Content, Nudge, Where
from waypost_server.domain.errors import TemplateError
from waypost_server.domain.pieces import Route, Ticks
from waypost_server.domain.surfaces import Checklist, Survey, Tour

Place = tuple[str, ...]  # ("steps", "create", "body")
MARKDOWN = frozenset({"body", "finished", "thanks"})  # texts with paragraphs, lists and links
Rendered = Mapping[Place, str]


def parse(content: Content) -> dict[Place, templating.Compiled]:
    """Every text, ready to render. Raises TemplateError."""
    return {
        # Markdown escapes the values, so that a customer's name cannot make a link.
        place: templating.parse_template(text, markup="markdown" if place[-1] in MARKDOWN else "text")
        for place, text in content.texts()
    }


def structure(nudge: Nudge, outcome: Any, words: Rendered) -> dict[str, Any]:
    """The part of the answer that the nudge's surface is made of; empty for surfaces of one piece.

    Raises TemplateError when nothing is left of a tour.
    """
    if nudge.tour is not None:
        return {"tour": _tour(nudge.tour, outcome, words)}
    if nudge.checklist is not None:
        return {"checklist": _checklist(nudge.checklist, outcome, words)}
    if nudge.survey is not None:
        return {"survey": _survey(nudge.survey, words)}
    return {}


def _tour(tour: Tour, route: Route, words: Rendered) -> dict[str, Any]:
    if not route:
        raise TemplateError("every step of the tour is already met", detail={"tour": "nothing_left"})
    following = dict(pairwise(route))
    walked = [step for step in tour.steps if step.key in route]
    steps = [
        {
            "key": step.key,
            "where": where(step.where),
            "content": _piece("steps", step.key, words),
            "advance": {"on": step.advance, **({"event": step.event} if step.event else {})},
            "next": following.get(step.key),
        }
        for step in walked
    ]
    return {"resume": tour.resume, "start": route[0], "steps": steps}


def where(place: Where) -> dict[str, Any]:
    """The bounds of a place that are set."""
    found: dict[str, Any] = {}
    if place.path is not None:
        found["path"] = place.path
    if place.anchor is not None:
        found["anchor"] = place.anchor
    return found


def _piece(kind: str, key: str, words: Rendered) -> dict[str, Any]:
    return {
        "title": words.get((kind, key, "title"), ""),
        "body": nodes.parse_nodes(words.get((kind, key, "body"), "")),
    }


def _checklist(checklist: Checklist, ticks: Ticks, words: Rendered) -> dict[str, Any]:
    items = []
    for item, done in zip(checklist.items, ticks, strict=True):
        shown = {"key": item.key, **_piece("items", item.key, words), "done": done}
        if item.url is not None:
            shown["url"] = item.url
        items.append(shown)
    return {"done": sum(ticks), "total": len(items), "items": items}


def _survey(survey: Survey, words: Rendered) -> dict[str, Any]:
    questions = []
    for question in survey.questions:
        place = ("questions", question.key)
        shown: dict[str, Any] = {
            "key": question.key,
            "type": question.type,
            "required": question.required,
            "title": words.get((*place, "title"), ""),
        }
        shown |= {end: words[(*place, end)] for end in ("low", "high") if (*place, end) in words}
        if question.type == "choice":
            shown["multiple"] = question.multiple
            shown["options"] = [
                {"key": option, "label": words.get((*place, "options", option), option)}
                for option in question.options
            ]
        questions.append(shown)
    return {"questions": questions}
