"""The conditions of a file: where each stands, and what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .findings import Where
from .strict_yaml import YamlProblemError, read

KEYS = frozenset({"audience", "when", "skip_when", "exit", "condition"})


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
