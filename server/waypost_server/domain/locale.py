"""Which language a person reads, and what stands in for words that a translation lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .nudge import Content
from .surfaces import PieceWords, QuestionWords

T = TypeVar("T")
_TEXTS = ("body", "why", "progress", "finished", "thanks")
_PIECES = ("steps", "items", "questions")


def tag(locale: str) -> str:
    """A language tag as it is compared: pt_BR is pt-br."""
    return locale.replace("_", "-").lower()


def nearest(tags: Iterable[str], wanted: str | None, default: str) -> str:
    """pt-BR, then pt, then the default language and what it falls back to, then the first written.

    `tags` are in lower case and in the order written; there is at least one.
    """
    known = tuple(tags)
    for locale in (wanted, default):
        left = tag(locale or "")
        while left:
            if left in known:
                return left
            left = left.rpartition("-")[0]
    return known[0]


def base(contents: Mapping[str, T], default: str) -> str:
    """The language, as written, that the others translate."""
    written = {tag(lang): lang for lang in contents}
    return written[nearest(written, None, default)]


def complete(content: Content, original: Content) -> Content:
    """A translation with the original's words wherever it lacks some, so that nobody meets a gap."""
    changes: dict[str, Any] = {name: getattr(original, name) for name in _TEXTS if not getattr(content, name)}
    if len(content.actions) != len(original.actions):
        changes["actions"] = original.actions
    for name in ("steps", "items"):
        changes[name] = _pieces(getattr(content, name), getattr(original, name))
    changes["questions"] = {
        key: _question(content.questions.get(key, words), words) for key, words in original.questions.items()
    }
    return replace(content, **changes)


def _pieces(own: Mapping[str, PieceWords], original: Mapping[str, PieceWords]) -> dict[str, PieceWords]:
    return {
        key: replace(own[key], body=own[key].body or words.body) if key in own else words
        for key, words in original.items()
    }


def _question(own: QuestionWords, original: QuestionWords) -> QuestionWords:
    return replace(
        own,
        low=own.low or original.low,
        high=own.high or original.high,
        options={**original.options, **own.options},
    )


def lacking(content: Content, original: Content) -> list[str]:
    """What the original says and the translation does not, by name: "why", "steps.create.body"."""
    found = [name for name in _TEXTS if getattr(original, name) and not getattr(content, name)]
    if len(content.actions) != len(original.actions):
        found.append("actions")
    for name in _PIECES:
        own = getattr(content, name)
        for key, words in getattr(original, name).items():
            found += [f"{name}.{key}{part}" for part in _gaps(own.get(key), words)]
    return found


def _gaps(own: Any, words: PieceWords | QuestionWords) -> list[str]:
    if own is None:
        return [""]
    if isinstance(words, PieceWords):
        return [".body"] if words.body and not own.body else []
    gaps = [f".{name}" for name in ("low", "high") if getattr(words, name) and not getattr(own, name)]
    return gaps + [f".options.{option}" for option in words.options if option not in own.options]
