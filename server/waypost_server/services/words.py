"""The words of every nudge: parsed once per release, rendered per person, kept as finished JSON.

A text is a function of the facts it names, so two people with the same values of those facts share one
rendering; a text without facts is rendered once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from waypost_server.channels import nodes, templating
from waypost_server.domain.assignment import variant_of
from waypost_server.domain.conditions import getter
from waypost_server.domain.definitions import Content, Definitions, Nudge
from waypost_server.domain.errors import TemplateError
from waypost_server.domain.facts import put
from waypost_server.domain.locale import base, complete, nearest, tag
from waypost_server.domain.pieces import Structure, compile_structure
from waypost_server.services import piece_words
from waypost_server.services.recent import Recent

KEPT = 20_000  # renderings kept per release, a few kilobytes each at most
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_encode = msgspec.json.Encoder().encode

Facts = dict[str, Any]
Getters = tuple[Callable[[Facts], Any], ...]


@dataclass(frozen=True, slots=True)
class ParsedContent:
    """One language of one nudge. `render(facts, outcome)` gives its content and structure; raises TemplateError."""

    lang: str
    getters: Getters
    paths: frozenset[str]
    render: Callable[[Facts, Any], dict[str, Any]]


Languages = Mapping[str, ParsedContent]  # by tag in lower case


@dataclass(slots=True)
class Words:
    """Texts of a release. `paths` are, per nudge, the facts its texts and its structure read. Safe between threads."""

    contents: Mapping[str, Mapping[str, Languages]]  # nudge, variant ("" = the nudge's own content)
    structures: Mapping[str, Structure]
    paths: Mapping[str, frozenset[str]]
    default_locale: str
    _kept: Recent[tuple[Any, ...], msgspec.Raw] = field(default_factory=lambda: Recent(KEPT))

    def of(self, release: int, locale: str | None, facts: Facts) -> PersonWords:
        """The same for one person."""
        return PersonWords(self, release, locale, facts)

    def kept(self, key: tuple[Any, ...], make: Callable[[], dict[str, Any]]) -> msgspec.Raw:
        """What was said of the same values before is there at once."""
        found = self._kept.get(key)
        if found is None:
            found = msgspec.Raw(_encode(make()))
            self._kept.keep(key, found)
        return found

    def forget(self) -> None:
        """Let go of what was said so far."""
        self._kept.clear()


@dataclass(slots=True)
class PersonWords:
    """The words of a release in the language nearest to one person's, filled with that person's facts.

    What several texts read is looked up once.
    """

    words: Words
    release: int
    locale: str | None
    facts: Facts
    _values: dict[Getters, tuple[Any, ...]] = field(default_factory=dict)

    def nudge(self, nudge: Nudge) -> msgspec.Raw:
        """A nudge as finished JSON. Raises TemplateError."""
        return self._said(nudge, None)

    def news(self, nudge: Nudge, *, read: bool) -> msgspec.Raw:
        """An announcement as an entry of the feed. Raises TemplateError."""
        return self._said(nudge, read)

    def _said(self, nudge: Nudge, read: bool | None) -> msgspec.Raw:
        words, facts = self.words, self.facts
        variant = variant_of(nudge, facts["user"]["id"]) if nudge.variants else ""
        languages = words.contents[nudge.key][variant]
        if len(languages) == 1:
            (content,) = languages.values()
        else:
            content = languages[nearest(languages, self.locale, words.default_locale)]
        outcome = words.structures[nudge.key].outcome(facts)
        values = self._values.get(content.getters)
        if values is None:
            values = tuple([_fixed(get(facts)) for get in content.getters])
            self._values[content.getters] = values

        def make() -> dict[str, Any]:
            document = frame(nudge, variant) if read is None else _entry(nudge, read)
            return {**document, "release": self.release, **content.render(facts, outcome)}

        return words.kept((nudge.key, variant, content.lang, outcome, read, values), make)


def with_offer(nudge: msgspec.Raw, offer_id: str) -> msgspec.Raw:
    """A rendered nudge that its person holds already: the browser goes on with this offer and claims none."""
    return msgspec.Raw(bytes(nudge)[:-1] + b',"offer":' + _encode(offer_id) + b"}")


def _fixed(value: Any) -> Any:
    """A value as a cache key: 1, 1.0 and true differ, and lists can be keys."""
    if value.__class__ in (list, dict):
        return (_encode(value),)
    return (value.__class__, value) if value.__class__ in (bool, float) else value


def parse_words(definitions: Definitions) -> Words:
    """Parse every text. A text that does not parse is kept as one that fails when rendered."""
    steps = {milestone.key: len(milestone.steps) for milestone in definitions.journey.milestones}
    default = definitions.catalog.default_locale
    contents = {
        nudge.key: {
            variant: _languages(nudge, by_language, default, steps)
            for variant, by_language in (
                ("", nudge.content),
                *((variant.key, variant.content) for variant in nudge.variants),
            )
        }
        for nudge in definitions.nudges
    }
    structures = {nudge.key: compile_structure(nudge) for nudge in definitions.nudges}
    paths = {
        key: structures[key].paths.union(
            *(each.paths for languages in variants.values() for each in languages.values())
        )
        for key, variants in contents.items()
    }
    return Words(contents, structures, paths, default)


def _languages(
    nudge: Nudge, contents: Mapping[str, Content], default: str, steps: Mapping[str, int]
) -> Languages:
    """Every language, with the original's words where a translation lacks some."""
    original = contents[base(contents, default)]
    return {
        tag(lang): _parse(nudge, lang, complete(content, original), steps)
        for lang, content in contents.items()
    }


def _parse(nudge: Nudge, lang: str, content: Content, steps: Mapping[str, int]) -> ParsedContent:
    try:
        texts = piece_words.parse(content)
        labels = [templating.parse_template(action.label) for action in content.actions]
    except TemplateError as error:
        return ParsedContent(lang, (), frozenset(), _failing(error))
    paths: frozenset[str] = frozenset().union(*(each.paths for each in (*texts.values(), *labels)))
    shown = paths | ({f"milestone.{content.progress}.done"} if content.progress else set())
    getters = {path: getter(path) for path in sorted(shown)}

    def render(known: Facts, outcome: Any) -> dict[str, Any]:
        facts: Facts = {}  # only what the texts name: the rest is not theirs to read
        for path, get in getters.items():
            if (value := get(known)) is not None:
                put(facts, path, value)
        words = {place: templating.render(each, facts) for place, each in texts.items()}
        answer: dict[str, Any] = {"lang": lang, "dir": direction(lang), "title": words[("title",)]}
        answer["body"] = nodes.parse_nodes(words.get(("body",), ""))
        if content.progress:
            state = facts.get("milestone", {}).get(content.progress, {})
            total = state.get("total") or steps.get(content.progress, 0)
            answer["progress"] = {"done": state.get("done") or 0, "total": total}
        answer["actions"] = _actions(content, [templating.render(each, facts) for each in labels])
        if ("why",) in words:
            answer["why"] = words[("why",)]
        for name in ("finished", "thanks"):
            if (name,) in words:
                answer[name] = nodes.parse_nodes(words[(name,)])
        return {"content": answer, **piece_words.structure(nudge, outcome, words)}

    return ParsedContent(lang, tuple(getters.values()), paths, render)


def _failing(error: TemplateError) -> Callable[[Facts, Any], dict[str, Any]]:
    def render(_facts: Facts, _outcome: Any) -> dict[str, Any]:
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


def frame(nudge: Nudge, variant: str = "") -> dict[str, Any]:
    """The part of an answer that is the same for everybody who gets this variant."""
    document: dict[str, Any] = {
        "key": nudge.key,
        "surface": nudge.surface,
        "kind": nudge.kind,
        "where": {"delay_seconds": nudge.where.delay_seconds, **piece_words.where(nudge.where)},
    }
    return {**document, "variant": variant} if variant else document


def _entry(nudge: Nudge, read: bool) -> dict[str, Any]:
    """The same of an announcement, as an entry of the feed."""
    news = nudge.announcement
    if news is None:
        raise TemplateError(f"{nudge.key} is no announcement")
    return {"key": nudge.key, "read": read, "published_on": news.published_on, "badge": news.badge}
