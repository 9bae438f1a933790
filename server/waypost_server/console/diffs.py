"""What changed between two texts, line by line."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

SIGNS = {"+": "added", "-": "removed", "@": "gap"}
MOST = 2_000  # lines of a diff that are shown


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a diff. `what` is added, removed, same, or gap where equal lines are left out."""

    what: str
    text: str

    @property
    def sign(self) -> str:
        return {"added": "+", "removed": "−"}.get(self.what, " ")


def lines(before: str | None, after: str | None) -> list[Line]:
    """Changed lines with three around them; a text of None is not there."""
    old, new = (before or "").splitlines(), (after or "").splitlines()
    found = list(difflib.unified_diff(old, new, lineterm=""))[2 : MOST + 2]
    read = [Line(SIGNS.get(each[:1], "same"), each[1:]) for each in found]
    return read[1:] if read and read[0].what == "gap" else read
