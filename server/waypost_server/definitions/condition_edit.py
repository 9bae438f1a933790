"""Put a condition into a file and leave everything else as it was: comments, order, spacing, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .findings import Where
from .spans import Span, comments, spans
from .strict_yaml import YamlProblemError, read
from .yaml_writer import written

KEYS = frozenset({"audience", "when", "skip_when", "exit", "condition"})
WIDTH = 110  # a condition in braces that would be longer is written line by line
Edit = tuple[int, int, str]  # from, to, what stands there instead


@dataclass(frozen=True, slots=True)
class Place:
    """A condition of a file: where it stands, and what it is; {} where one could stand."""

    where: Where
    condition: Mapping[str, Any]

    @property
    def name(self) -> str:
        """ "audience", "segments large when"."""
        return " ".join(str(each + 1 if isinstance(each, int) else each) for each in self.where)


def places(file: str, text: str) -> list[Place]:
    """Every condition of a file, the audience first; none when the text cannot be read."""
    try:
        data = read(file, text).data
    except YamlProblemError:
        return []
    if not isinstance(data, dict) or text.startswith("\ufeff"):
        return []
    found = list(_places(data, ()))
    if PurePosixPath(file).parts[0] in ("in-app", "plays") and "audience" not in data:
        found.insert(0, Place(("audience",), {}))
    return sorted(found, key=lambda place: place.where != ("audience",))


def _places(data: Any, where: Where) -> Iterator[Place]:
    if isinstance(data, list):
        for place, each in enumerate(data):
            yield from _places(each, (*where, place))
    if isinstance(data, dict):
        for key, value in data.items():
            if key in KEYS and isinstance(value, dict):
                yield Place((*where, key), value)
            elif key not in ("cases", "content"):
                yield from _places(value, (*where, key))


def put_condition(text: str, where: Where, condition: Mapping[str, Any]) -> str | None:
    """The text with another condition at `where`; None when only a person can write it there."""
    before = read("", text).data
    if _same(_at(before, where), condition):
        return text
    root = spans(text)
    found = root.at(where) if root else None
    end = "\r\n" if "\r\n" in text else "\n"
    if found is None:
        if root is None or not root.is_block or len(where) != 1:
            return None
        head = text if text.endswith(("\n", "\r")) else text + end
        made = f"{head}{where[0]}:{_lines(condition, 2, end)}{end}"
    else:
        made = _spliced(text, list(_edits(text, found, _at(before, where), condition, end)))
    return made if _is_right(made, before, where, condition) else None


def _at(data: Any, where: Where) -> Any:
    for name in where:
        if isinstance(data, dict) and name not in data:
            return None
        data = data[name]
    return data


def _is_right(made: str, before: Any, where: Where, condition: Mapping[str, Any]) -> bool:
    """Whether the text reads as before, but for the condition."""
    try:
        after = read("", made).data
    except YamlProblemError:
        return False
    *steps, last = where
    for data in (before, after):
        around = _at(data, tuple(steps))
        if data is after and not _same(around.get(last), condition):
            return False
        around.pop(last, None)
    return _same(after, before)


def _same(one: Any, other: Any) -> bool:
    """Equal whatever the order of keys, with true apart from 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _spliced(text: str, edits: list[Edit]) -> str:
    for start, stop, instead in sorted(edits, reverse=True):
        text = text[:start] + instead + text[stop:]
    return text


def _edits(
    text: str,
    found: tuple[Span, Span, Span],
    before: Mapping[str, Any],
    condition: Mapping[str, Any],
    end: str,
) -> Iterator[Edit]:
    around, key, value = found
    if value.is_block and value.entries and condition:
        yield from _by_entry(text, value, before, condition, end)
        return
    kept = comments(text, value)
    inline = written(condition)
    if not around.is_block or (len(inline) + value.column <= WIDTH and not value.is_block):
        yield value.start, value.end, inline
        above = _line_start(text, key.start)
    else:
        tail = text[value.end : _line_end(text, value.end)].strip()
        colon = f":{f'  {tail}' if tail else ''}"
        yield key.end, _line_end(text, value.end), colon + _lines(condition, around.column + 2, end)
        above = _line_start(text, key.start)
    if kept:
        yield above, above, "".join(f"{' ' * around.column}{each}{end}" for each in kept)


def _by_entry(
    text: str, block: Span, before: Mapping[str, Any], condition: Mapping[str, Any], end: str
) -> Iterator[Edit]:
    """Line by line: what stays is not touched, what goes takes its line with it, what is new comes last."""
    indent = " " * block.column
    for name, (key, value) in block.entries.items():
        if name not in condition:
            gone = Span(key.end, value.end, value.column, entries=value.entries, items=value.items)
            inside = "".join(f"{indent}{each}{end}" for each in comments(text, gone))
            yield _line_start(text, key.start), _next_line(text, value.end), inside
        elif not _same(before[name], condition[name]):
            yield value.start, value.end, _instead(text, value, condition[name], end)
    new = {name: each for name, each in condition.items() if name not in block.entries}
    if new:
        last = _next_line(text, block.end)
        missing = "" if text[:last].endswith(("\n", "\r")) else end
        yield (
            last,
            last,
            missing + _lines(new, block.column, end).removeprefix(end) + (end if not missing else ""),
        )


def _instead(text: str, value: Span, wanted: Any, end: str) -> str:
    """A new value where an old one stood: in braces where it was, in lines where it was."""
    if not value.is_block:
        return written(wanted)
    indent = f"{end}{' ' * value.column}"
    kept = "".join(f"{each}{indent}" for each in comments(text, value))
    if isinstance(wanted, list) and wanted:
        return kept + indent.join(f"- {written(each)}" for each in wanted)
    if isinstance(wanted, Mapping) and wanted:
        return kept + indent.join(f"{written(name)}: {written(each)}" for name, each in wanted.items())
    return kept + written(wanted)


def _lines(condition: Mapping[str, Any], column: int, end: str) -> str:
    """Entries each on a line of its own, after the line they belong to."""
    if not condition:
        return " {}"
    indent = " " * column
    return "".join(f"{end}{indent}{line}" for line in _entries(condition, end + indent))


def _entries(condition: Mapping[str, Any], newline: str) -> Iterator[str]:
    for name, value in condition.items():
        if name in ("$or", "$and") and isinstance(value, list):
            yield f"{name}:" + "".join(f"{newline}  - {written(each)}" for each in value)
        else:
            yield f"{written(name)}: {written(value)}"


def _line_start(text: str, place: int) -> int:
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def _line_end(text: str, place: int) -> int:
    found = [each for each in (text.find("\r", place), text.find("\n", place)) if each >= 0]
    return min(found, default=len(text))


def _next_line(text: str, place: int) -> int:
    stop = _line_end(text, place)
    return stop + (2 if text[stop : stop + 2] == "\r\n" else 1 if stop < len(text) else 0)
