"""Puts saved groups in where conditions name them, so that a loaded condition stands on its own.

Works on a file's raw data, before anything is built from it: whatever kind of definition grows a condition,
`$savedGroup: power_admins` and `{$inGroup: beta}` mean the same in it. The key stays beside what it stands for,
for messages and explanations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_NAMING = frozenset({"$savedGroup", "$inGroup", "$notInGroup"})
_MAX_NESTED = 10  # deeper than any condition may be


def groups_of(catalog: Any) -> dict[str, Any]:
    """The groups of catalog.yaml's data, by key. A segment's key is a group with that one member."""
    data = catalog if isinstance(catalog, dict) else {}
    segments = data.get("segments")
    found: dict[str, Any] = {
        key: {"id": key, "type": "list", "values": [key]}
        for key in (segments if isinstance(segments, dict) else {})
        if isinstance(key, str)
    }
    groups = data.get("groups")
    for key, one in (groups if isinstance(groups, dict) else {}).items():
        if isinstance(key, str) and isinstance(one, dict):
            if isinstance(one.get("values"), list):
                found[key] = {"id": key, "type": "list", "values": one["values"]}
            elif isinstance(one.get("when"), dict):
                found[key] = {"id": key, "type": "condition", "condition": one["when"]}
    return _Nested(found).all()


class _Nested:
    """Groups may name groups. What leads back to itself, or too deep, stays a name for the check to refuse."""

    def __init__(self, groups: dict[str, Any]) -> None:
        self._groups = groups
        self._done: dict[str, Any] = {}
        self._open: list[str] = []

    def all(self) -> dict[str, Any]:
        return {key: self._finish(key) for key in self._groups}

    def _finish(self, key: str) -> Any:
        if key in self._done or key not in self._groups:
            return self._done.get(key)
        if key in self._open or len(self._open) >= _MAX_NESTED:
            return None
        group = self._groups[key]
        if group["type"] == "condition":
            self._open.append(key)
            group = {**group, "condition": put_in(group["condition"], self._finish)}
            self._open.pop()
        self._done[key] = group
        return group


def put_in(data: Any, find: Callable[[str], Any]) -> Any:
    """`data` with every named group that `find` knows put in its place."""
    if isinstance(data, list):
        return [put_in(each, find) for each in data]
    if not isinstance(data, dict):
        return data
    return {
        key: (find(each) or each) if key in _NAMING and isinstance(each, str) else put_in(each, find)
        for key, each in data.items()
    }
