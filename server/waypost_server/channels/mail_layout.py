"""The body of a mail without parsing its Markdown again for every reader.

In a filled-in template each value stands between two marks. What is left without the values is the same for
many readers: it is parsed once, with a word in each value's place, and the values are put into the finished
parts. That is only right where a value could not have changed what the words around it mean, so everything
that is not plainly harmless takes the long way: the marks are removed and the whole is parsed. Both ways give
the same bytes (tests/channels/test_mail_layout.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from waypost_server.channels.mail_html import Parts, body, body_of, parsed
from waypost_server.channels.templating import BEGIN, END

_VALUE = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")
# Letters and digits at both ends, so that emphasis beside it opens and closes as beside any word; inside, no
# character that can end a code span or an address in < >.
_HARMLESS = re.compile(r"[^\W_](?:(?:[^\W_]| |\\[.,'&()/:+%@#$-])*[^\W_])?")
_ESCAPE = re.compile(r"\\(.)")
_MAYBE_ENTITY = re.compile(f"&[#0-9A-Za-z]*{BEGIN}")
_WORD = "wpslot"  # what stands in for values; a text that holds it takes the long way


@dataclass(frozen=True, slots=True)
class _Layout:
    """Finished parts in pieces: a value belongs between each piece and the next."""

    text: tuple[str, ...]
    html: tuple[str, ...]
    after_words: tuple[
        bool, ...
    ]  # by value: whether the line has words before it, so it cannot number a list


def without_marks(filled: str) -> str:
    """The Markdown that a marked text stands for."""
    return filled.replace(BEGIN, "").replace(END, "").strip()


def laid_out(filled: str) -> Parts:
    """The body of a mail from a template filled with `markup="mail"`."""
    filled = filled.strip()
    values = _VALUE.findall(filled)
    layout = _layout(_VALUE.sub(BEGIN, filled)) if values else None
    if layout is None or len(layout.after_words) != len(values) or not _fit(values, layout):
        return body(without_marks(filled))
    plain = [_ESCAPE.sub(r"\1", value) for value in values]
    return Parts(_joined(layout.text, plain), _joined(layout.html, [v.replace("&", "&amp;") for v in plain]))


def _fit(values: Sequence[str], layout: _Layout) -> bool:
    return all(
        _HARMLESS.fullmatch(value) and (after_words or value[0].isalpha())
        for value, after_words in zip(values, layout.after_words, strict=True)
    )


@lru_cache(maxsize=512)
def _layout(frame: str) -> _Layout | None:
    """None where a value stands in a place that is not plain text, or may not stay so."""
    if _WORD in frame or END in frame or _MAYBE_ENTITY.search(frame):
        return None
    pieces = frame.split(BEGIN)
    words = [f"{_WORD}{number}z" for number in range(len(pieces) - 1)]
    environment: dict[str, Any] = {}
    tokens = parsed(_joined(pieces, words), environment)
    spoken = " ".join(
        inner.content for token in tokens for inner in token.children or () if inner.type == "text"
    )
    whole = body_of(tokens)
    everywhere_once = all(where.count(word) == 1 for word in words for where in (spoken, *_both(whole)))
    if environment.get("references") or not everywhere_once:
        return None
    cut = re.compile("|".join(map(re.escape, words)))
    before = ["".join(pieces[: place + 1]).rpartition("\n")[2] for place in range(len(words))]
    return _Layout(
        tuple(cut.split(whole.text)),
        tuple(cut.split(whole.html)),
        tuple(any(character.isalpha() for character in line) for line in before),
    )


def _both(parts: Parts) -> tuple[str, str]:
    return parts.text, parts.html


def _joined(pieces: Sequence[str], values: Sequence[str]) -> str:
    out = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        out += (value, piece)
    return "".join(out)
