"""Where each part of a YAML text begins and ends, to change one part and leave every other byte alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from .findings import Where

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)


@dataclass(slots=True)
class Span:
    """A value from its first to behind its last character; what a collection holds, in its order."""

    start: int
    end: int
    column: int
    is_block: bool = False
    entries: dict[str, tuple[Span, Span]] = field(default_factory=dict)  # key → (the key, its value)
    items: list[Span] = field(default_factory=list)

    def at(self, where: Where) -> tuple[Span, Span, Span] | None:
        """(the mapping around, the key, the value) of a path; None when it is not there."""
        around: Span = self
        found: tuple[Span, Span, Span] | None = None
        for name in where:
            if isinstance(name, int):
                if name >= len(around.items):
                    return None
                around = around.items[name]
                continue
            if name not in around.entries:
                return None
            key, value = around.entries[name]
            found = (around, key, value)
            around = value
        return found

    def leaves(self) -> Iterator[Span]:
        """Keys and values that hold nothing further, in the order of the text."""
        if not self.entries and not self.items:
            yield self
        for key, value in self.entries.values():
            yield key
            yield from value.leaves()
        for each in self.items:
            yield from each.leaves()


def spans(text: str) -> Span | None:
    """The spans of a document that `strict_yaml.read` accepts; None for an empty one."""
    events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
    next(events)  # the stream starts
    if isinstance(next(events), yaml.StreamEndEvent):
        return None
    return _span(next(events), events)


def comments(text: str, span: Span) -> list[str]:
    """The comments inside a span, each from its #."""
    found: list[str] = []
    place = span.start
    for leaf in [*span.leaves(), Span(span.end, span.end, 0)]:
        found += [match[0].rstrip() for match in _COMMENT.finditer(text, place, max(place, leaf.start))]
        place = max(place, leaf.end)
    return found


def _span(event: Any, events: Iterator[Any]) -> Span:
    span = Span(event.start_mark.index, event.end_mark.index, event.start_mark.column)
    if isinstance(event, yaml.ScalarEvent):
        return span
    span.is_block = not event.flow_style
    if isinstance(event, yaml.SequenceStartEvent):
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            span.items.append(_span(inner, events))
    else:
        while not isinstance(inner := next(events), yaml.MappingEndEvent):
            key = Span(inner.start_mark.index, inner.end_mark.index, inner.start_mark.column)
            span.entries[str(inner.value)] = (key, _span(next(events), events))
    # a block ends where the next thing begins: what counts is the end of its last part
    span.end = (
        max((leaf.end for leaf in span.leaves() if leaf is not span), default=span.start)
        if span.is_block
        else inner.end_mark.index
    )
    return span
