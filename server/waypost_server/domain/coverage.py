"""coverage.yaml: that a set claims to have a next step everywhere, and the places that are empty on purpose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmptyOnPurpose:
    """Cells that need nothing, and why. None = any."""

    reason: str
    segment: str | None = None
    motion: str | None = None
    milestone: str | None = None
    state: str | None = None
    source: str = ""

    def fits(self, segment: str, motion: str, milestone: str, state: str) -> bool:
        """Whether the cell is meant."""
        wanted = (self.segment, self.motion, self.milestone, self.state)
        cell = (segment, motion, milestone, state)
        return all(want in (None, seen) for want, seen in zip(wanted, cell, strict=True))


@dataclass(frozen=True, slots=True)
class Coverage:
    """The claim. With it, an empty cell forbids publishing."""

    none: tuple[EmptyOnPurpose, ...] = ()
