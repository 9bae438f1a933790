"""Checks of in-app/*.yaml."""

from __future__ import annotations

import re

from waypost_server.definitions.findings import Source, Where
from waypost_server.domain.definitions import MessageStep, Nudge, NudgeStep
from waypost_server.domain.play_program import walk

from .context import Context
from .goals import check_goal
from .rules import check_condition

_AT_AN_ELEMENT = ("tooltip", "hotspot")
_WITHOUT_GOAL = ("survey", "announcement")  # they ask and tell; no behaviour follows


def run(context: Context) -> None:
    """Each nudge: audience, goal, place and cap."""
    handed = {
        step.nudge
        for play in context.definitions.plays
        for steps in play.branches.values()
        for step in walk(steps)
        if isinstance(step, NudgeStep | MessageStep)
    }
    for nudge in context.definitions.nudges:
        source = context.source(nudge.source)
        check_condition(context, nudge.audience, source, ("audience",))
        _goal(context, nudge, source)
        _place(context, nudge, source)
        _cap(context, nudge, source)
        if nudge.from_play and nudge.key not in handed and context.defines("plays"):
            message = "no play hands this nudge to anybody, so nobody will see it"
            remedy = f"add the step `nudge: {nudge.key}` to a play, or remove from_play"
            context.report.warning(source, ("from_play",), "unreachable", message, remedy)


def _goal(context: Context, nudge: Nudge, source: Source) -> None:
    if nudge.goal is not None:
        check_goal(context, nudge.goal, source)
    elif nudge.priority != "announce" and nudge.surface not in _WITHOUT_GOAL:
        message = "this nudge has no goal, so its effect cannot be told"
        context.report.warning(source, ("key",), "no_goal", message, "add `goal: {feature: …}`")


def _place(context: Context, nudge: Nudge, source: Source) -> None:
    where = nudge.where
    if nudge.surface in _AT_AN_ELEMENT and where.anchor is None:
        message = f"a {nudge.surface} needs an element to point at"
        remedy = "add `anchor:` with the element's data-waypost name"
        context.report.error(source, ("where",), "no_anchor", message, remedy)
    if where.path is None and nudge.kind == "interrupting":
        message = f"this {nudge.surface} may interrupt anywhere in the product"
        context.report.warning(source, ("where",), "no_where", message, "add `where: {path: /some/page/*}`")
    _path(context, where.path, source, ("where", "path"))
    for index, step in enumerate(nudge.tour.steps if nudge.tour else ()):
        _path(context, step.where.path, source, ("tour", "steps", index, "where", "path"))


def _path(context: Context, path: str | None, source: Source, at: Where) -> None:
    if path is not None and not re.fullmatch(r"/[^\s?#]*", path):
        message = f"{path!r} is no path"
        context.report.error(source, at, "bad_path", message, "start with /, without ? and #")


def _cap(context: Context, nudge: Nudge, source: Source) -> None:
    written = source.data.get("frequency") or {}
    if nudge.surface == "announcement":  # the feed is opened by people themselves
        return
    if "max" not in written and "limits" not in written:
        message = "the frequency has no max, so a person may see this up to 3 times"
        remedy = "add `frequency: {max: 1}`, or the number you want"
        context.report.warning(source, ("frequency",), "no_cap", message, remedy)
