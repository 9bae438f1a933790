"""The words of every nudge: parsed once per release, rendered per person, kept as finished JSON.

A text is a function of the facts it names, so two people with the same values of those facts share one
rendering; a text without facts is rendered once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from waypost_server.channels import nodes, templating
from waypost_server.domain.conditions import getter
from waypost_server.domain.definitions import Content, Definitions, Nudge
from waypost_server.domain.errors import TemplateError
from waypost_server.domain.facts import put

KEPT = 20_000  # renderings kept per release, a few kilobytes each at most
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_encode = msgspec.json.Encoder().encode

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ParsedContent:
    """One language of one nudge. `render` raises TemplateError."""

    lang: str
    getters: tuple[Callable[[Facts], Any], ...]
    paths: frozenset[str]
    render: Callable[[Facts], dict[str, Any]]


@dataclass(slots=True)
class Words:
    """Texts of a release. `paths` are, per nudge, the facts its texts read. Safe between threads."""

    contents: Mapping[str, Mapping[str, ParsedContent]]
    paths: Mapping[str, frozenset[str]]
    _kept: dict[tuple[Any, ...], msgspec.Raw] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def render(self, nudge: Nudge, release: int, locale: str | None, facts: Facts) -> msgspec.Raw:
        """A nudge as finished JSON, in the nearest language. Raises TemplateError."""
        content = choose(self.contents[nudge.key], locale)
        key = (nudge.key, content.lang, *(_fixed(get(facts)) for get in content.getters))
        found = self._kept.get(key)
        if found is None:
            found = msgspec.Raw(_encode({**frame(nudge, release), "content": content.render(facts)}))
            with self._lock:
                if len(self._kept) >= KEPT:
                    self._kept.clear()
                self._kept[key] = found
        return found


def choose(by_tag: Mapping[str, ParsedContent], locale: str | None) -> ParsedContent:
    """pt-BR, then pt, then English, then the first language written. Tags are in lower case."""
    wanted = (locale or "en").replace("_", "-").lower()
    while wanted:
        if wanted in by_tag:
            return by_tag[wanted]
        wanted = wanted.rpartition("-")[0]
    return by_tag.get("en") or next(iter(by_tag.values()))


def _fixed(value: Any) -> Any:
    """A value as a cache key: 1, 1.0 and true differ, and lists can be keys."""
    if value.__class__ in (list, dict):
        return (_encode(value),)
    return (value.__class__, value) if value.__class__ in (bool, float) else value


def parse_words(definitions: Definitions) -> Words:
    """Parse every text. A text that does not parse is kept as one that fails when rendered."""
    steps = {milestone.key: len(milestone.steps) for milestone in definitions.journey.milestones}
    contents = {
        nudge.key: {
            lang.replace("_", "-").lower(): _parse(lang, content, steps)
            for lang, content in nudge.content.items()
        }
        for nudge in definitions.nudges
    }
    paths = {
        key: frozenset().union(*(each.paths for each in languages.values()))
        for key, languages in contents.items()
    }
    return Words(contents, paths)


def _parse(lang: str, content: Content, steps: Mapping[str, int]) -> ParsedContent:
    try:
        texts = {
            # A body is Markdown: values are escaped there, so that a customer's name cannot make a link.
            name: templating.parse_template(text, markup="markdown" if name == "body" else "text")
            for name, text in (("title", content.title), ("body", content.body), ("why", content.why))
            if text is not None
        }
        labels = [templating.parse_template(action.label) for action in content.actions]
    except TemplateError as error:
        return ParsedContent(lang, (), frozenset(), _failing(error))
    paths: frozenset[str] = frozenset().union(*(each.paths for each in (*texts.values(), *labels)))
    shown = paths | ({f"milestone.{content.progress}.done"} if content.progress else set())

    getters = {path: getter(path) for path in sorted(shown)}

    def render(known: Facts) -> dict[str, Any]:
        facts: Facts = {}  # only what the texts name: the rest is not theirs to read
        for path, get in getters.items():
            if (value := get(known)) is not None:
                put(facts, path, value)
        words = {name: templating.render(each, facts) for name, each in texts.items()}
        body = nodes.parse_nodes(words["body"])
        answer: dict[str, Any] = {"lang": lang, "dir": direction(lang), "title": words["title"], "body": body}
        if content.progress:
            state = facts.get("milestone", {}).get(content.progress, {})
            total = state.get("total") or steps.get(content.progress, 0)
            answer["progress"] = {"done": state.get("done") or 0, "total": total}
        answer["actions"] = _actions(content, [templating.render(each, facts) for each in labels])
        if "why" in words:
            answer["why"] = words["why"]
        return answer

    return ParsedContent(lang, tuple(getters.values()), paths, render)


def _failing(error: TemplateError) -> Callable[[Facts], dict[str, Any]]:
    def render(_facts: Facts) -> dict[str, Any]:
        raise error

    return render


def _actions(content: Content, labels: list[str]) -> list[dict[str, Any]]:
    """The first action is the primary one."""
    actions = []
    for index, (action, label) in enumerate(zip(content.actions, labels, strict=True)):
        shown: dict[str, Any] = {"label": label}
        if action.url is not None:
            shown["url"] = action.url
        if action.event is not None:
            shown["event"] = action.event
        if index == 0:
            shown["primary"] = True
        actions.append(shown)
    return actions


def direction(lang: str) -> str:
    """Which way a language is written."""
    return "rtl" if lang.lower().split("-")[0] in RIGHT_TO_LEFT else "ltr"


def frame(nudge: Nudge, release: int) -> dict[str, Any]:
    """The part of an answer that is the same for everybody."""
    where: dict[str, Any] = {"delay_seconds": nudge.where.delay_seconds}
    if nudge.where.path is not None:
        where["path"] = nudge.where.path
    if nudge.where.anchor is not None:
        where["anchor"] = nudge.where.anchor
    return {
        "key": nudge.key,
        "surface": nudge.surface,
        "kind": nudge.kind,
        "release": release,
        "where": where,
    }
