"""The template checker `validate` is given: parse, name the facts, render as text and as Markdown."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from waypost_server.channels.templating import Compiled, is_plain, parse_template, render
from waypost_server.domain.errors import TemplateError
from waypost_server.domain.facts import put


class CheckedTemplate:
    """What a template reads and why it cannot be used: the shape `definitions` asks for."""

    __slots__ = ("line", "paths", "problem")

    def __init__(self, source: str, paths: frozenset[str], error: TemplateError | None) -> None:
        self.paths = paths
        self.line = _line(source, error) if error else 1
        self.problem = (error.message, str(error.detail.get("remedy", ""))) if error else None


def check_template(source: str, facts_for: Callable[[frozenset[str]], Mapping[str, Any]]) -> CheckedTemplate:
    """Check one template; `facts_for(paths)` gives the facts to try it with. Never raises."""
    if is_plain(source):
        return CheckedTemplate(source, frozenset(), None)
    paths: frozenset[str] = frozenset()
    try:
        compiled = parse_template(source)
        paths = compiled.paths
        facts = facts_for(paths)
        _render(compiled, facts)
        render(parse_template(source, markup="markdown"), facts)
    except TemplateError as error:
        return CheckedTemplate(source, paths, error)
    return CheckedTemplate(source, paths, None)


def _render(compiled: Compiled, facts: Mapping[str, Any]) -> None:
    """Render; if values are missing, name only those that no default or `if` stands in for."""
    try:
        render(compiled, facts)
    except TemplateError as error:
        absent = error.detail.get("missing", [])
        guilty = [path for path in absent if _needs(compiled, facts, path, absent)]
        if guilty:
            error.detail["missing"] = guilty
            error.message = f"a value is missing: {', '.join(guilty)}"
        raise


def _needs(compiled: Compiled, facts: Mapping[str, Any], path: str, absent: list[str]) -> bool:
    """Whether the template still misses a value when only `path` is absent."""
    known = copy.deepcopy(dict(facts))
    for other in absent:
        if other != path:
            put(known, other, "1")
    try:
        render(compiled, known)
    except TemplateError as error:
        return "missing" in error.detail
    return False


def _line(source: str, error: TemplateError) -> int:
    """Where in the template: as the parser says, or where the first missing fact is written."""
    places = [source.find(path) for path in error.detail.get("missing", ())]
    found = min((place for place in places if place >= 0), default=None)
    return int(error.detail["line"]) if found is None else source.count("\n", 0, found) + 1
