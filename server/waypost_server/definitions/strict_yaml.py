"""YAML without its traps: built from the parser's events, so that nothing is guessed.

Only `true` and `false` are booleans (`no` is text), dates stay text, a key may stand once, anchors, aliases
and tags are refused (an alias bomb grows a small file a thousandfold), and every value keeps its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from .findings import Position, Problem, Source, Where

MAX_CHARACTERS = 262_144
MAX_DEPTH = 24
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it is built in: ten times faster
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(
    r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]{1,2})?|[-+]?[1-9][0-9]*[eE][-+]?[0-9]{1,2}"
)
_COLON_INSIDE = re.compile(r"[{,].*: [^,{}\[\]\"']*: ")  # {title: Attention: now}
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}


class YamlProblemError(Exception):
    """The text cannot be read; carries the problem and its place."""

    def __init__(self, position: Position, problem: Problem) -> None:
        super().__init__(problem.message)
        self.position = position
        self.problem = problem


def read(file: str, text: str, first_line: int = 1) -> Source:
    """Parse one document. Raises YamlProblemError."""
    if len(text) > MAX_CHARACTERS:
        message = f"the file has more than {MAX_CHARACTERS:,} characters"
        raise YamlProblemError((1, 1), Problem("too_large", message, "split it"))
    builder = _Builder(text, first_line)
    try:
        data = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = (mark.line + first_line, mark.column + 1) if mark else (first_line, 1)
        said = " ".join(part for part in (error.context, error.problem) if part)
        raise YamlProblemError(
            position,
            Problem("yaml_syntax", f"this is not valid YAML: {said}", _hint(said, _line_at(text, mark))),
        ) from None
    except (yaml.YAMLError, UnicodeError):
        raise _unreadable(text, first_line) from None
    return Source(file, data, builder.marks)


def _line_at(text: str, mark: yaml.Mark | None) -> str:
    lines = text.splitlines()
    return lines[mark.line] if mark and mark.line < len(lines) else ""


def _unreadable(text: str, first_line: int) -> YamlProblemError:
    """A character YAML does not take, which editors hardly show: pasted from a terminal or a chat."""
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    before = text[: found.start()] if found else ""
    character = f"U+{ord(found[0]):04X}" if found else "that is no text"
    message = f"this is not valid YAML: a control character ({character}) stands here"
    position = (first_line + before.count("\n"), len(before) - before.rfind("\n"))
    return YamlProblemError(position, Problem("yaml_syntax", message, "delete it, or type the line again"))


def _hint(said: str, line: str) -> str:
    if line[: len(line) - len(line.lstrip())].count("\t"):
        return "this line begins with a tab: indent with spaces"
    if "{{" in line or _COLON_INSIDE.search(line):
        return "put text that contains {{ }}, a colon or a comma in quotes"
    if "tab" in said or "cannot start any token" in said:
        return "indent with spaces, and put text with special characters in quotes"
    if "mapping values are not allowed" in said:
        return "put text that contains a colon in quotes"
    return "check the indentation and quotes on this line and the one above"


class _Builder:
    """Turns the event stream into plain data and marks."""

    def __init__(self, text: str, first_line: int) -> None:
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self.first_line = first_line
        self.marks: dict[Where, Position] = {}

    def document(self) -> Any:
        next(self.events)  # the stream starts
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        data = self._value(next(self.events), (), 0)
        next(self.events)  # the document ends
        more = next(self.events)
        if not isinstance(more, yaml.StreamEndEvent):
            self._refuse(
                more, "several_documents", "the file holds more than one document", "remove the `---` line"
            )
        return data

    def _value(self, event: Any, where: Where, depth: int) -> Any:
        self.marks.setdefault(where, self._position(event))
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._refuse(
                event, "yaml_alias", "anchors and aliases (& and *) are not read", "write the value out"
            )
        if event.tag and event.tag != "!":
            self._refuse(event, "yaml_tag", f"the tag {event.tag} is not read", "remove it")
        if depth > MAX_DEPTH:
            self._refuse(event, "too_deep", f"nested deeper than {MAX_DEPTH} levels", "flatten it")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(where, depth)
        return self._mapping(where, depth)

    def _list(self, where: Where, depth: int) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*where, len(values)), depth + 1))
        return values

    def _mapping(self, where: Where, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in values:
                line = self.marks[(*where, key)][0]
                self._refuse(
                    event, "duplicate_key", f"the key {key!r} stands twice (first on line {line})", "keep one"
                )
            self.marks[(*where, key)] = self._position(event)
            values[key] = self._value(next(self.events), (*where, key), depth + 1)
        return values

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
            remedy = "write `name: value`, and put text that begins with { or {{ in quotes"
            self._refuse(event, "bad_key", "a key is plain text", remedy)
        if event.value == "<<":
            self._refuse(event, "yaml_alias", "merge keys (<<) are not read", "write the values out")
        return str(event.value)

    def _scalar(self, event: Any) -> Any:
        text = str(event.value)
        if not event.implicit[0]:  # quoted or a block: text, whatever it looks like
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _position(self, event: Any) -> Position:
        return event.start_mark.line + self.first_line, event.start_mark.column + 1

    def _refuse(self, event: Any, code: str, message: str, remedy: str) -> None:
        raise YamlProblemError(self._position(event), Problem(code, message, remedy))
