"""Put a value into a YAML text and leave everything else as it was: comments, order, spacing, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .findings import Where
from .spans import Span, comments, spans
from .strict_yaml import YamlProblemError, read
from .yaml_writer import written

WIDTH = 110  # a mapping in braces that would be longer is written line by line
Edit = tuple[int, int, str]  # from, to, what stands there instead


def put_mapping(text: str, where: Where, mapping: Mapping[str, Any]) -> str | None:
    """The text with another mapping at `where`; None when only a person can write it there."""
    before = read("", text).data
    if _same(_at(before, where), mapping):
        return text
    root = spans(text)
    found = root.at(where) if root else None
    end = _end(text)
    if found is None:
        if root is None or not root.is_block or len(where) != 1:
            return None
        made = _with_end(text, end) + f"{where[0]}:{_lines(mapping, 2, end)}{end}"
    else:
        made = _spliced(text, list(_edits(text, found, _at(before, where), mapping, end)))
    return made if _is_right(made, before, where, mapping) else None


def put_key(text: str, key: str, value: Any, *, after: str) -> str | None:
    """The text with another value of one of its own keys, or without it (None); None when only a person can do that.

    A key that is new stands on a line behind `after`.
    """
    before, root = read("", text).data, spans(text)
    if _same(before.get(key), value):
        return text
    if isinstance(value, Mapping) and isinstance(before.get(key), Mapping):
        return put_mapping(text, (key,), value)
    if root is None or not root.is_block:
        return None
    end = _end(text)
    if value is None:
        others = {name: each for name, each in before.items() if name != key}
        edits = list(_by_entry(text, root, before, others, end))
    elif key in root.entries:
        edits = list(_on_its_line(text, *root.entries[key], value, end))
    else:
        text = _with_end(text, end)
        place = _next_line(text, root.entries[after][1].end)
        edits = [(place, place, f"{' ' * root.column}{key}: {written(value)}{end}")]
    made = _spliced(text, edits)
    return made if _is_right(made, before, (key,), value) else None


def _on_its_line(text: str, key: Span, old: Span, value: Any, end: str) -> Iterator[Edit]:
    """A value on the line of its key; the comments of the lines that go stand above."""
    if not old.is_block:
        yield old.start, old.end, written(value)
        return
    yield key.end, old.end, f": {written(value)}"
    above = _line_start(text, key.start)
    yield above, above, "".join(f"{' ' * key.column}{each}{end}" for each in comments(text, old))


def _end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _with_end(text: str, end: str) -> str:
    return text if text.endswith(("\n", "\r")) else text + end


def _at(data: Any, where: Where) -> Any:
    for name in where:
        if isinstance(data, dict) and name not in data:
            return None
        data = data[name]
    return data


def _is_right(made: str, before: Any, where: Where, value: Any) -> bool:
    """Whether the text reads as before, but for the value."""
    try:
        after = read("", made).data
    except YamlProblemError:
        return False
    *steps, last = where
    for data in (before, after):
        around = _at(data, tuple(steps))
        if data is after and not _same(around.get(last), value):
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
    mapping: Mapping[str, Any],
    end: str,
) -> Iterator[Edit]:
    around, key, value = found
    if value.is_block and value.entries and mapping:
        yield from _by_entry(text, value, before, mapping, end)
        return
    kept = comments(text, value)
    inline = written(mapping)
    if not around.is_block or (len(inline) + value.column <= WIDTH and not value.is_block):
        yield value.start, value.end, inline
        above = _line_start(text, key.start)
    else:
        tail = text[value.end : _line_end(text, value.end)].strip()
        colon = f":{f'  {tail}' if tail else ''}"
        yield key.end, _line_end(text, value.end), colon + _lines(mapping, around.column + 2, end)
        above = _line_start(text, key.start)
    if kept:
        yield above, above, "".join(f"{' ' * around.column}{each}{end}" for each in kept)


def _by_entry(
    text: str, block: Span, before: Mapping[str, Any], mapping: Mapping[str, Any], end: str
) -> Iterator[Edit]:
    """Line by line: what stays is not touched, what goes takes its line with it, what is new comes last."""
    indent = " " * block.column
    for name, (key, value) in block.entries.items():
        if name not in mapping:
            gone = Span(key.end, value.end, value.column, entries=value.entries, items=value.items)
            inside = "".join(f"{indent}{each}{end}" for each in comments(text, gone))
            yield _line_start(text, key.start), _next_line(text, value.end), inside
        elif not _same(before[name], mapping[name]):
            yield value.start, value.end, _instead(text, value, mapping[name], end)
    new = {name: each for name, each in mapping.items() if name not in block.entries}
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


def _lines(mapping: Mapping[str, Any], column: int, end: str) -> str:
    """Entries each on a line of its own, after the line they belong to."""
    if not mapping:
        return " {}"
    indent = " " * column
    return "".join(f"{end}{indent}{line}" for line in _entries(mapping, end + indent))


def _entries(mapping: Mapping[str, Any], newline: str) -> Iterator[str]:
    for name, value in mapping.items():
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
