"""Checks of workshops/*.yaml."""

from __future__ import annotations

from waypost_server.domain import locale

from .context import Context
from .goals import check_goal
from .languages import check_languages


def run(context: Context) -> None:
    """Each has the default language, and a behaviour it teaches."""
    default = context.definitions.catalog.default_locale
    for workshop in context.definitions.workshops:
        source = context.source(workshop.source)
        if workshop.goal is None:
            message = "this workshop has no goal, so nobody can tell whether it taught anything"
            remedy = "add `goal: {feature: …}` or `goal: {milestone: …}`"
            context.report.warning(source, ("key",), "no_goal", message, remedy)
        else:
            check_goal(context, workshop.goal, source)
        check_languages(context, workshop.content, source, ("content",))
        if workshop.content and locale.tag(default) not in {locale.tag(each) for each in workshop.content}:
            message = f"the words lack the default language {default}"
            context.report.error(source, ("content",), "no_content", message, f"add `{default}:`")
