"""Which of several eligible nudges comes first: a total order that ignores how they were listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

RANK_OF_PRIORITY = {"deepen": 0, "start": 1, "announce": 2}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An eligible nudge with what decides its place. `progress` is the goal's, 0 to 1."""

    key: str
    priority: str
    progress: float = 0.0
    shown: int = 0


def rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Best first: deepen before start before announce; then the goal further along; then the one shown
    fewer times; then the key. Nothing is dropped: the browser walks down the list."""
    return sorted(candidates, key=_place)


def _place(candidate: Candidate) -> tuple[int, float, int, str]:
    return (RANK_OF_PRIORITY[candidate.priority], -candidate.progress, candidate.shown, candidate.key)
