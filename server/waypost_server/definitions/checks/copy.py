"""Checks of words: every text parses, reads facts that exist, and renders when the facts are empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from waypost_server.definitions.findings import Problem, Source, Where
from waypost_server.domain import facts
from waypost_server.domain.conditions import ConditionError, compile_condition
from waypost_server.domain.definitions import (
    Action,
    ChatStep,
    Content,
    EmailStep,
    MessageStep,
    Nudge,
    TaskStep,
    WorkshopStep,
)
from waypost_server.domain.play_program import walk

from .context import Context
from .rules import check_fact, positive_paths
from .tone import check_tone

Sure = Callable[[], frozenset[str]]  # the facts that everybody who sees the text has


def run(context: Context) -> None:
    """Nudges in every language, templates, buttons; and templates nobody uses."""
    for nudge in context.definitions.nudges:
        _nudge(context, nudge)
    used = _used_templates(context)
    for template in context.definitions.templates.values():
        source = context.source(template.source)
        _text(context, template.subject, source, ("subject",), frozenset)
        _text(context, template.body, source, ("body",), frozenset)
        if template.key not in used and context.defines("plays"):
            message = f"no play uses the template {template.key!r}"
            context.report.warning(
                source, (), "unused_template", message, "use it in a step, or delete the file"
            )


def _used_templates(context: Context) -> set[str]:
    steps = [
        step
        for play in context.definitions.plays
        for branch in play.branches.values()
        for step in walk(branch)
    ]
    messages = [step for step in steps if isinstance(step, MessageStep)]
    return {
        *(
            step.template
            for step in steps
            if isinstance(step, EmailStep | ChatStep | TaskStep | WorkshopStep)
        ),
        *(key for step in messages for key in (step.email, step.chat_template)),
    }


def _nudge(context: Context, nudge: Nudge) -> None:
    source = context.source(nudge.source)
    sure = cache(lambda: _sure(nudge))  # few texts are tried with facts
    contents: list[tuple[Where, Mapping[str, Content]]] = [(("content",), nudge.content)]
    contents += [(("variants", place, "content"), each.content) for place, each in enumerate(nudge.variants)]
    for above, languages in contents:
        for language, content in languages.items():
            _content(context, content, source, (*above, language), sure)


def _sure(nudge: Nudge) -> frozenset[str]:
    try:
        return positive_paths(compile_condition(nudge.audience))
    except ConditionError:  # a finding says so
        return frozenset()


def _content(context: Context, content: Content, source: Source, where: Where, sure: Sure) -> None:
    for place, text in content.texts():
        _text(context, text, source, (*where, *place), sure)
    for index, action in enumerate(content.actions):
        _text(context, action.label, source, (*where, "actions", index, "label"), sure)
        _action(context, action, source, (*where, "actions", index))


def _action(context: Context, action: Action, source: Source, where: Where) -> None:
    for name, text in (("url", action.url), ("event", action.event)):
        if text and ("{{" in text or "{%" in text):
            message = f"a button's {name} is taken as written; {{{{ … }}}} has no effect here"
            context.report.error(source, (*where, name), "literal_only", message, "write plain text")
    check_url(context, action.url, source, (*where, "url"))


def check_url(context: Context, url: str | None, source: Source, where: Where) -> None:
    """Report an address that leads anywhere but into the product or to a safe page."""
    inside = url is not None and url.startswith("/") and url[1:2] not in ("/", "\\")
    if url is None or inside or url.startswith("https://"):
        return
    message = f"the address {url!r} is not allowed"
    context.report.error(source, where, "bad_url", message, "use a path of the product (/…) or https://…")


def _text(context: Context, text: str, source: Source, where: Where, sure: Sure) -> None:
    if context.check_template is None:
        return
    check_tone(context, text, source, where)

    def facts_for(paths: frozenset[str]) -> Mapping[str, Any]:
        document = facts.blank(paths, context.definitions)
        for path in paths & sure() if paths else ():
            fact = facts.find(path)
            if fact is not None and not fact.always:
                facts.put(document, path, _example(fact))
        return document

    checked = context.check_template(text, facts_for)
    line, column = source.position(where)
    unknown = [
        path
        for path in sorted(checked.paths)
        if not check_fact(context, path, _seen(source, where, text, path), where)
    ]
    if checked.problem is not None and not unknown:  # an unknown name would only be told twice
        message, remedy = checked.problem
        problem = Problem("template", message, remedy)
        context.report.in_file(source.file_of(where), (line + checked.line - 1, column), problem)


def _seen(source: Source, where: Where, text: str, path: str) -> Source:
    """The source with the mark of a template's body moved to the line that reads `path`."""
    if where != ("body",) or path not in text:
        return source
    line = source.position(where)[0] + text.count("\n", 0, text.index(path))
    return replace(source, marks={**source.marks, where: (line, 1)})


def _example(fact: facts.Fact) -> Any:
    return float(fact.example) if fact.type == "number" else fact.example
