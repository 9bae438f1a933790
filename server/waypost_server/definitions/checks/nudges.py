"""Checks of in-app/*.yaml."""

from __future__ import annotations

import re

from waypost_server.definitions.findings import Source
from waypost_server.domain.definitions import Nudge, NudgeStep

from .context import Context
from .goals import check_goal
from .rules import check_condition

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")


def run(context: Context) -> None:
    """Each nudge: audience, goal, place, cap, words in every language."""
    handed = {
        step.nudge
        for play in context.definitions.plays
        for steps in play.branches.values()
        for step in steps
        if isinstance(step, NudgeStep)
    }
    for nudge in context.definitions.nudges:
        source = context.source(nudge.source)
        check_condition(context, nudge.audience, source, ("audience",))
        _goal(context, nudge, source)
        _place(context, nudge, source)
        _cap(context, nudge, source)
        _languages(context, nudge, source)
        if nudge.from_play and nudge.key not in handed and context.defines("plays"):
            message = "no play hands this nudge to anybody, so nobody will see it"
            remedy = f"add the step `nudge: {nudge.key}` to a play, or remove from_play"
            context.report.warning(source, ("from_play",), "unreachable", message, remedy)


def _goal(context: Context, nudge: Nudge, source: Source) -> None:
    if nudge.goal is not None:
        check_goal(context, nudge.goal, source)
    elif nudge.priority != "announce":
        message = "this nudge has no goal, so its effect cannot be told"
        context.report.warning(source, ("key",), "no_goal", message, "add `goal: {feature: …}`")


def _place(context: Context, nudge: Nudge, source: Source) -> None:
    where = nudge.where
    if nudge.surface == "tooltip" and where.anchor is None:
        message = "a tooltip needs an element to point at"
        remedy = "add `anchor:` with the element's data-waypost name"
        context.report.error(source, ("where",), "no_anchor", message, remedy)
    if where.path is None and nudge.kind == "interrupting":
        message = f"this {nudge.surface} may interrupt anywhere in the product"
        context.report.warning(source, ("where",), "no_where", message, "add `where: {path: /some/page/*}`")
    if where.path is not None and not re.fullmatch(r"/[^\s?#]*", where.path):
        message = f"{where.path!r} is no path"
        context.report.error(source, ("where", "path"), "bad_path", message, "start with /, without ? and #")


def _cap(context: Context, nudge: Nudge, source: Source) -> None:
    written = source.data.get("frequency") or {}
    if "max" not in written and "limits" not in written:
        message = "the frequency has no max, so a person may see this up to 3 times"
        remedy = "add `frequency: {max: 1}`, or the number you want"
        context.report.warning(source, ("frequency",), "no_cap", message, remedy)


def _languages(context: Context, nudge: Nudge, source: Source) -> None:
    if not nudge.content:
        context.report.error(
            source, ("content",), "no_content", "there are no words", "add `en:` with title and body"
        )
        return
    first_language, first = next(iter(nudge.content.items()))
    for language, content in nudge.content.items():
        where = ("content", language)
        if not _LANGUAGE.fullmatch(language):
            message = f"{language!r} is no language"
            context.report.error(source, where, "bad_language", message, "use a code such as en, de or pt-BR")
        lacking = [
            name for name in ("why", "progress") if getattr(first, name) and not getattr(content, name)
        ]
        if len(content.actions) != len(first.actions):
            lacking.append("actions")
        if lacking:
            message = f"{language} lacks what {first_language} has: {', '.join(lacking)}"
            context.report.error(
                source, where, "locale_incomplete", message, f"translate it from {first_language}"
            )
        if content.progress is not None:
            context.require("milestone", content.progress, source, (*where, "progress"))
