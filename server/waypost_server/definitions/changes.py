"""What differs between two sets of files: definitions added, removed and changed, field by field and as text."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from .environments import FOLDER, MANY, Overrides, merged, overrides_in
from .strict_yaml import YamlProblemError, read

What = Literal["added", "removed", "changed"]
KINDS = {
    "in-app": "nudge",
    "plays": "play",
    "templates": "template",
    "workshops": "workshop",
    FOLDER: "environment",
}
# Files whose entries are definitions of their own: section → the kind of one entry.
SECTIONS = {
    "catalog.yaml": {"features": "feature", "roles": "role", "segments": "segment", "motions": "motion"},
    "journey.yaml": {"phases": "phase", "milestones": "milestone"},
}
ABSENT = object()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value that differs. `before` or `after` is None where the field is not there."""

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.path}: {self.after}"
        if self.after is None:
            return f"- {self.path}: {self.before}"
        return f"~ {self.path}: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True)
class Change:
    """One definition that differs, with the fields of it that do."""

    what: What
    kind: str
    key: str
    file: str
    fields: tuple[FieldChange, ...] = ()

    def __str__(self) -> str:
        mark = {"added": "+", "removed": "-", "changed": "~"}[self.what]
        return f"{mark} {self.kind} {self.key} ({self.file})"

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        fields = [{"path": each.path, "before": each.before, "after": each.after} for each in self.fields]
        return {"what": self.what, "kind": self.kind, "key": self.key, "file": self.file, "fields": fields}


def compare(
    before: Mapping[str, str], after: Mapping[str, str], environments: tuple[str, str] = ("", "")
) -> tuple[Change, ...]:
    """Every definition that differs, by kind and key, each side read for its environment.

    A renamed file with the same key is no change.
    """
    sides = zip((before, after), environments, strict=True)
    was, becomes = (overrides_in(files, name) for files, name in sides)
    if was.source.data == becomes.source.data:
        same = dict(before.items() & after.items())  # what says the same need not be read
        before, after = (
            {name: text for name, text in files.items() if name not in same} for files in (before, after)
        )
    old, new = dict(_definitions(before, was)), dict(_definitions(after, becomes))
    return tuple(
        change for name in sorted(old.keys() | new.keys()) if (change := _change(name, old, new)) is not None
    )


def text_diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The files as one unified diff."""
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        sides = (
            f"a/{name}" if name in before else "/dev/null",
            f"b/{name}" if name in after else "/dev/null",
        )
        lines += difflib.unified_diff(old, new, *sides, lineterm="")
    return "".join(f"{line}\n" for line in lines)


_Named = tuple[tuple[str, str], tuple[str, Any]]  # (kind, key) → (file, data)


def _definitions(files: Mapping[str, str], overrides: Overrides) -> Iterator[_Named]:
    for name, text in files.items():
        path = PurePosixPath(name)
        data = _laid(path, _data(name, text), overrides)
        kind = KINDS.get(path.parts[0], path.parts[0]) if len(path.parts) > 1 else path.stem
        if name in SECTIONS and isinstance(data, dict):
            yield from _sections(name, data)
        elif len(path.parts) > 1:
            key = data.get("key") if isinstance(data, dict) else None
            yield (kind, key if isinstance(key, str) else path.stem), (name, data)
        else:
            yield (kind, name), (name, data)


def _laid(path: PurePosixPath, data: Any, overrides: Overrides) -> Any:
    """The data of a file with what the environment sets otherwise."""
    if len(path.parts) == 1:
        section, key = path.stem, ""
    else:
        section = MANY.get(path.parts[0], "")
        key = path.stem if section == "templates" else data.get("key", "") if isinstance(data, dict) else ""
    over = overrides.over(section, key)[1] if section and isinstance(key, str) else {}
    return merged(data, over) if over and isinstance(data, dict) else data


def _sections(name: str, data: dict[str, Any]) -> Iterator[_Named]:
    rest = {}
    for section, value in data.items():
        kind = SECTIONS[name].get(section)
        if kind is None or not isinstance(value, dict):
            rest[section] = value
            continue
        for key, entry in value.items():
            yield (kind, key), (name, entry)
        if section in ("segments", "motions"):  # the first that holds wins, so their order means something
            rest[f"order of {section}"] = list(value)
    if rest:
        yield (PurePosixPath(name).stem, name), (name, rest)


def _data(name: str, text: str) -> Any:
    """The file as data; a file that is no YAML (a template, a broken file) as text."""
    lines = text.splitlines()
    try:
        if not name.endswith(".md"):
            return read(name, text).data
        if lines and lines[0].strip() == "---" and "---" in [line.strip() for line in lines[1:]]:
            end = [line.strip() for line in lines[1:]].index("---") + 1
            front = read(name, "\n".join(lines[1:end])).data
            body = "\n".join(lines[end + 1 :]).strip()
            return {**(front if isinstance(front, dict) else {}), "body": body}
    except YamlProblemError:
        pass
    return {"text": text}


def _change(
    name: tuple[str, str],
    old: Mapping[tuple[str, str], tuple[str, Any]],
    new: Mapping[tuple[str, str], tuple[str, Any]],
) -> Change | None:
    kind, key = name
    if name not in new:
        return Change("removed", kind, key, old[name][0])
    if name not in old:
        return Change("added", kind, key, new[name][0])
    fields = tuple(_fields("", old[name][1], new[name][1]))
    return Change("changed", kind, key, new[name][0], fields) if fields else None


def _fields(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    if before is after or _exact(before) == _exact(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            inner = f"{path}.{key}" if path else str(key)
            yield from _fields(inner, before.get(key, ABSENT), after.get(key, ABSENT))
    elif _alike(before, after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _fields(f"{path}[{index + 1}]", one, other)
    else:
        yield FieldChange(path or "value", _shown(before), _shown(after))


def _alike(before: Any, after: Any) -> bool:
    """Lists of as many mappings: compared entry by entry, counted from 1; other lists as a whole."""
    return (
        isinstance(before, list)
        and isinstance(after, list)
        and len(before) == len(after)
        and all(isinstance(each, dict) for each in (*before, *after))
    )


def _shown(value: Any) -> str | None:
    if value is ABSENT:
        return None
    return value if isinstance(value, str) and not _looks_like_a_value(value) else _exact(value)


def _looks_like_a_value(text: str) -> bool:
    """Text that without quotes would read as a number, true, false or null."""
    try:
        return not isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


def _exact(value: Any) -> str | None:
    """JSON tells true from 1 and 1 from "1", which `==` does not."""
    return None if value is ABSENT else json.dumps(value, ensure_ascii=False)
