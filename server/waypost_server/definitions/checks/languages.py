"""Checks of the languages of a nudge: every piece has words, and every translation says all the original says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from waypost_server.definitions.findings import Source, Where
from waypost_server.definitions.nested import nearest
from waypost_server.domain import locale
from waypost_server.domain.definitions import Content, Nudge

from .context import Context

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_SPEAKS_BY_PIECES = ("tour", "checklist", "survey")  # a body besides is welcome, and not needed


def run(context: Context) -> None:
    """The default language first: what it lacks is an error; what a translation lacks, a warning."""
    default = context.definitions.catalog.default_locale
    if not _LANGUAGE.fullmatch(default):
        _no_language(context, default, context.file("catalog.yaml"), ("default_locale",))
    for nudge in context.definitions.nudges:
        source = context.source(nudge.source)
        _languages(context, nudge, nudge.content, source, ("content",))
        for index, variant in enumerate(nudge.variants):
            _languages(context, nudge, variant.content, source, ("variants", index, "content"))


def check_languages(context: Context, titles: Iterable[str], source: Source, where: Where) -> None:
    """Each is a language."""
    for language in titles:
        if not _LANGUAGE.fullmatch(language):
            _no_language(context, language, source, (*where, language))


def _no_language(context: Context, language: str, source: Source, where: Where) -> None:
    message = f"{language!r} is no language"
    context.report.error(source, where, "bad_language", message, "use a code such as en, de or pt-BR")


def _languages(
    context: Context, nudge: Nudge, contents: Mapping[str, Content], source: Source, where: Where
) -> None:
    if not contents:
        context.report.error(
            source, where, "no_content", "there are no words", "add `en:` with title and body"
        )
        return
    default = context.definitions.catalog.default_locale
    original = locale.base(contents, default)
    for language, content in contents.items():
        at = (*where, language)
        if not _LANGUAGE.fullmatch(language):
            _no_language(context, language, source, at)
        if content.progress is not None:
            context.require("milestone", content.progress, source, (*at, "progress"))
        _strangers(context, nudge, content, source, at)
        lacking = locale.lacking(content, contents[original])
        if language == original:
            _whole(context, nudge, content, source, at)
        elif lacking:
            message = f"{language} lacks what {original} says: {', '.join(lacking)}"
            remedy = f"translate it; until then the words of {original} stand there"
            context.report.warning(source, at, "locale_incomplete", message, remedy)


def _wanted(nudge: Nudge) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every piece that needs words: kind, key, and the options of a question."""
    yield from (("steps", step.key, ()) for step in (nudge.tour.steps if nudge.tour else ()))
    yield from (("items", item.key, ()) for item in (nudge.checklist.items if nudge.checklist else ()))
    yield from (
        ("questions", each.key, each.options) for each in (nudge.survey.questions if nudge.survey else ())
    )


def _whole(context: Context, nudge: Nudge, content: Content, source: Source, at: Where) -> None:
    if not content.body and nudge.surface not in _SPEAKS_BY_PIECES:
        context.report.error(source, at, "missing_words", "there is no body", "add `body: …`")
    for kind, key, options in _wanted(nudge):
        words = getattr(content, kind).get(key)
        if words is None:
            message = f"there are no words for {key!r} of the {nudge.surface}"
            remedy = f"add `{kind}: {{{key}: {{title: …}}}}`"
            context.report.error(source, (*at, kind), "missing_words", message, remedy)
            continue
        for option in options:
            if option not in words.options:
                message = f"the option {option!r} has no label"
                remedy = f"add `options: {{{option}: …}}`"
                context.report.error(source, (*at, kind, key, "options"), "missing_words", message, remedy)


def _strangers(context: Context, nudge: Nudge, content: Content, source: Source, at: Where) -> None:
    """Words for a piece that is not there are a slip of the key."""
    known: dict[str, dict[str, tuple[str, ...]]] = {"steps": {}, "items": {}, "questions": {}}
    for kind, key, options in _wanted(nudge):
        known[kind][key] = options
    for kind, pieces in known.items():
        for key, words in getattr(content, kind).items():
            if key not in pieces:
                _stranger(context, key, tuple(pieces), source, (*at, kind, key))
                continue
            for option in getattr(words, "options", ()):
                if option not in pieces[key]:
                    _stranger(context, option, pieces[key], source, (*at, kind, key, "options", option))


def _stranger(context: Context, key: str, known: tuple[str, ...], source: Source, where: Where) -> None:
    message = f"there is no piece {key!r} in the structure"
    context.report.error(source, where, "unknown_piece", message, nearest(key, known))
