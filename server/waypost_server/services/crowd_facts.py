"""Facts of one person made from a row about many, and what makes two rows alike.

People of whom the condition reads the same are asked about once. So a row is first cut down to what the
condition can tell apart: a moment to the days since, a document to the keys that are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Any

import msgspec

from waypost_server.services import facts
from waypost_server.services.nudge_facts import COUNTED
from waypost_server.services.releases import LiveRelease
from waypost_server.services.usage_facts import days_since
from waypost_server.store import crowd_rows
from waypost_server.store.crowd_rows import PROFILE, Cells, Column, Row
from waypost_server.store.facts import Subject

FAMILIES = frozenset(
    {"user", "usage", "milestone", "nudge"}
)  # the facts that a row can tell, but for a variant
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_AGELESS = frozenset({"reached", "done", "total", "progress", "next_step", "days_since_reached"})


def cells_of(release: LiveRelease, paths: frozenset[str]) -> Cells:
    """What must be read of each person for the facts at `paths`, all of FAMILIES."""
    wanted, traits = facts.wanted(release, paths), _traits(paths)
    fields = {path.rpartition(".")[2] for path in paths if path.startswith("usage.")}
    ages = "user.days_since_first_seen" in paths or any(
        path.startswith("milestone.") and path.rpartition(".")[2] not in _AGELESS for path in paths
    )
    profile = (traits & set(PROFILE)) | ({"first_day"} if ages else set())
    of_role = {path for path in paths if path.split(".")[:2] == ["user", "role"]}
    if _traits(paths - of_role):
        profile |= {"traits"}
    return Cells(
        profile=tuple(name for name in PROFILE if name in profile),
        role_traits=bool(of_role) and "traits" not in profile,
        member_since=ages,
        usage=wanted.usage,
        moments=tuple(f"{which}_at" for which in ("first", "last") if f"days_since_{which}" in fields),
        windows=wanted.usage_windows,
        fields=wanted.usage_fields,
        milestones=wanted.milestones,
        nudges=wanted.nudges,
        reactions=tuple(
            name
            for name in COUNTED
            if any(path.startswith("nudge.") and path.endswith(f".{name}") for path in paths)
        ),
    )


class RowFacts:
    """How rows of `cells` are read, for the facts at `paths`."""

    def __init__(
        self, cells: Cells, paths: frozenset[str], release: LiveRelease, subject: Subject, zone: tzinfo
    ) -> None:
        self.cells, self.paths = cells, paths
        self.release, self.subject, self.zone = release, subject, zone
        self._traits = _traits(paths)
        self._cuts = [
            (place, cut) for place, cut in enumerate(map(self._cut, crowd_rows.columns(cells))) if cut
        ]
        self._is_own = "user.id" in paths

    def likeness(self, row: Row) -> tuple[Any, ...]:
        """Rows with equal likenesses, and accounts that are alike, have the same facts."""
        if self._is_own:
            return row
        if not self._cuts:
            return row[2:]
        cells = list(row[2:])
        for place, cut in self._cuts:
            cell = cells[place + 1]
            if cell is not None:
                cells[place + 1] = cut(cell)
        return tuple(cells)

    def values(self, row: Row) -> facts.Values:
        """The facts about the person alone."""
        parts = crowd_rows.parts_of(row, self.cells)
        one = self.subject.of(row[1], row[0])
        return facts.about_person(parts, one, self.release, self.zone, self.paths)

    def _cut(self, column: Column) -> Callable[[Any], Any] | None:
        """What of a cell the facts can tell apart; None for all of it."""
        if column.name == "traits":
            return lambda text: _encode({k: v for k, v in _decode(text).items() if k in self._traits})
        if column.name == "steps":
            return lambda text: tuple(sorted(_decode(text)))
        if column.name.endswith("_at"):
            return lambda at: days_since(at, self.subject.today, self.zone)
        return None


def _traits(paths: Iterable[str]) -> frozenset[str]:
    """The traits that may show: under its own name, and where the stored column of that name is empty."""
    found = set()
    for path in paths:
        family, _, rest = path.partition(".")
        if family == "user" and path not in ("user.id", "user.days_since_first_seen"):
            head, _, more = rest.partition(".")
            found.add(more.partition(".")[0] if head == "traits" else head)
    return frozenset(found)
