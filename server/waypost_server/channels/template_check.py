"""The template checker `validate` is given: parse, name the facts, render as text and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from waypost_server.channels.templating import parse_template, render
from waypost_server.domain.errors import TemplateError


class CheckedTemplate:
    """What a template reads and why it cannot be used: the shape `definitions` asks for."""

    __slots__ = ("line", "paths", "problem")

    def __init__(self, paths: frozenset[str], error: TemplateError | None) -> None:
        self.paths = paths
        self.line = int(error.detail.get("line", 1)) if error else 1
        self.problem = (error.message, str(error.detail.get("remedy", ""))) if error else None


def check_template(source: str, facts_for: Callable[[frozenset[str]], Mapping[str, Any]]) -> CheckedTemplate:
    """Check one template; `facts_for(paths)` gives the facts to try it with. Never raises."""
    paths: frozenset[str] = frozenset()
    try:
        compiled = parse_template(source)
        paths = compiled.paths
        facts = facts_for(paths)
        render(compiled, facts)
        render(parse_template(source, markup="markdown"), facts)
    except TemplateError as error:
        return CheckedTemplate(paths, error)
    return CheckedTemplate(paths, None)
