"""Checks of what a surface is made of, and of what nudges ask of each other: keys, conditions, turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from waypost_server.definitions.findings import Source, Where
from waypost_server.domain.definitions import Nudge
from waypost_server.domain.surfaces import Checklist, Survey, Tour

from .context import Context
from .copy import check_url
from .rules import check_condition


def run(context: Context) -> None:
    """Steps lead forward, items are ticked by what exists, keys are unique, prerequisites end somewhere."""
    asked = {each.key: [wanted.nudge for wanted in each.requires] for each in context.definitions.nudges}
    for nudge in context.definitions.nudges:
        source = context.source(nudge.source)
        if nudge.tour:
            _tour(context, nudge.tour, source)
        if nudge.checklist:
            _checklist(context, nudge.checklist, source)
        if nudge.survey:
            _survey(context, nudge.survey, source)
        _variants(context, nudge, source)
        for index, wanted in enumerate(nudge.requires):
            context.require("nudge", wanted.nudge, source, ("requires", index, "nudge"))
        _circle(context, nudge, source, asked)
    _paths(context)


def _unique(context: Context, keys: Sequence[str], source: Source, where: Where) -> None:
    for index, key in enumerate(keys):
        if key in keys[:index]:
            message = f"{key!r} stands twice"
            context.report.error(
                source, (*where, index), "duplicate_key", message, "give one of them another key"
            )


def _tour(context: Context, tour: Tour, source: Source) -> None:
    keys = [step.key for step in tour.steps]
    _unique(context, keys, source, ("tour", "steps"))
    reached = {0}
    for place, step in enumerate(tour.steps):
        at: Where = ("tour", "steps", place)
        if step.advance == "click" and step.where.anchor is None:
            message = "a click needs an element"
            context.report.error(source, (*at, "advance"), "no_anchor", message, "add `where: {anchor: …}`")
        if step.skip_when is not None:
            check_condition(context, step.skip_when, source, (*at, "skip_when"))
        targets = []
        for index, branch in enumerate(step.branches):
            here: Where = (*at, "branches", index)
            check_condition(context, branch.when, source, (*here, "when"))
            later = keys[place + 1 :]
            if branch.to not in later:
                message = f"{branch.to!r} is no later step"
                remedy = f"use one of: {', '.join(later)}" if later else "remove the branch"
                context.report.error(source, (*here, "to"), "branch_shape", message, remedy)
            else:
                targets.append(keys.index(branch.to, place + 1))
        always = any(not branch.when for branch in step.branches)
        if place in reached:
            reached.update(targets if always else [*targets, place + 1])
    for place, step in enumerate(tour.steps):
        if place not in reached:
            message = f"no way leads to the step {step.key!r}"
            remedy = "change the branch that always passes it, or remove the step"
            context.report.warning(source, ("tour", "steps", place), "unreachable_step", message, remedy)


def _checklist(context: Context, checklist: Checklist, source: Source) -> None:
    _unique(context, [item.key for item in checklist.items], source, ("checklist", "items"))
    for index, item in enumerate(checklist.items):
        at: Where = ("checklist", "items", index)
        if item.milestone is not None:
            context.require("milestone", item.milestone, source, (*at, "milestone"))
        if item.feature is not None:
            context.require("feature", item.feature, source, (*at, "feature"))
        if item.when is not None:
            check_condition(context, item.when, source, (*at, "when"))
        check_url(context, item.url, source, (*at, "url"))


def _survey(context: Context, survey: Survey, source: Source) -> None:
    _unique(context, [each.key for each in survey.questions], source, ("survey", "questions"))
    for index, question in enumerate(survey.questions):
        _unique(context, question.options, source, ("survey", "questions", index, "options"))


def _variants(context: Context, nudge: Nudge, source: Source) -> None:
    _unique(context, [each.key for each in nudge.variants], source, ("variants",))
    total = sum(each.percent for each in nudge.variants)
    if total > 100:
        message = f"the variants add up to {total:g} %"
        context.report.error(source, ("variants",), "variant_shape", message, "use 100 % at most")


def _circle(context: Context, nudge: Nudge, source: Source, asked: Mapping[str, Sequence[str]]) -> None:
    """A nudge that has to wait for itself is never shown."""
    open_keys, seen = list(asked[nudge.key]), set[str]()
    while open_keys:
        key = open_keys.pop()
        if key == nudge.key:
            message = "it waits for itself, by way of what it requires"
            context.report.error(
                source, ("requires",), "circular", message, "remove one of the prerequisites"
            )
            return
        if key not in seen:
            seen.add(key)
            open_keys += asked.get(key, [])


def _paths(context: Context) -> None:
    source = context.file("journey.yaml")
    for path in context.definitions.journey.paths:
        at: Where = ("paths", path.key)
        _names(context, "role", path.roles, source, (*at, "roles"))
        _names(context, "nudge", path.nudges, source, (*at, "nudges"))
        _unique(context, path.nudges, source, (*at, "nudges"))


def _names(context: Context, kind: str, names: Iterable[str], source: Source, where: Where) -> None:
    for index, name in enumerate(names):
        context.require(kind, name, source, (*where, index))
