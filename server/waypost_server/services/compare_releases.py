"""What changed from one release to another, by definition and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from waypost_server.definitions.changes import Change, compare, text_diff
from waypost_server.services.rollback import stored
from waypost_server.services.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Difference:
    """Definitions that differ, field by field, and the files of both sides."""

    changes: tuple[Change, ...]
    before: Mapping[str, str] = field(repr=False)
    after: Mapping[str, str] = field(repr=False)

    @property
    def text(self) -> str:
        """The files as one unified diff."""
        return text_diff(self.before, self.after)

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return {"changes": [each.as_json() for each in self.changes], "text": self.text}


def compare_releases(runtime: Runtime, workspace_id: str, first: int, second: int) -> Difference:
    """From release `first` (0 = nothing) to `second`, each read for its own environment. Raises NotFoundError."""
    with runtime.db.read() as session:
        (old, was), (new, becomes) = (stored(session, workspace_id, number) for number in (first, second))
    return Difference(compare(old, new, (was, becomes)), old, new)
