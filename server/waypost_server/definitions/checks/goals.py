"""Checks of a goal: it names something that exists, and is a behaviour, not a login."""

from __future__ import annotations

import re

from waypost_server.definitions.findings import Source
from waypost_server.domain.definitions import Feature, Goal, Milestone

from .context import Context

_LOGIN = re.compile(
    r"(?<![a-z])(?:log(?:ged|s)?[-_ ]?(?:in|on)|sign(?:ed|s)?[-_ ]?(?:in|on)|session[-_ ]?start(?:ed)?)"
)
REMEDY = "name the behaviour that shows adoption, such as a feature used or a milestone reached"


def is_login(feature: Feature) -> bool:
    """Whether a feature stands for coming in rather than for doing something."""
    names = (feature.key, *feature.events)
    return any(_LOGIN.search(name.lower()) for name in names)


def only_logins(context: Context, milestone: Milestone) -> bool:
    """Whether a milestone is made of logins alone."""
    features = {feature.key: feature for feature in context.definitions.catalog.features}
    used = [features[step.feature] for step in milestone.steps if step.feature in features]
    return bool(used) and all(is_login(feature) for feature in used)


def check_goal(context: Context, goal: Goal, source: Source) -> None:
    """Report a goal that names nothing, or that counts logins."""
    where = ("goal", "milestone" if goal.milestone else "feature")
    if goal.milestone is not None:
        milestones = {each.key: each for each in context.definitions.journey.milestones}
        if context.require("milestone", goal.milestone, source, where) and only_logins(
            context, milestones[goal.milestone]
        ):
            message = f"the goal is a login: {goal.milestone!r} has no other steps"
            context.report.error(source, where, "login_goal", message, REMEDY)
        return
    features = {each.key: each for each in context.definitions.catalog.features}
    name = goal.feature or ""
    if context.require("feature", name, source, where) and is_login(features[name]):
        context.report.error(source, where, "login_goal", f"the goal is a login: {name!r}", REMEDY)
