"""Which of several eligible nudges comes first: a total order that ignores how they were listed.

Deepening a started feature comes before starting another, and that before announcing; then the goal that is
further along; then the larger expected effect; then the one shown fewer times; then the key, which is nobody
else's. So no two candidates ever tie.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

RANK_OF_PRIORITY = {"deepen": 0, "start": 1, "announce": 2}
CRITERIA = ("priority", "progress", "effect", "shown", "key")


class Candidate(NamedTuple):
    """An eligible nudge with what decides its place. `progress` is the goal's, 0 to 1; `effect` the share of
    people it is expected to move, 0 where nobody has measured it."""

    key: str
    priority: str
    progress: float = 0.0
    shown: int = 0
    effect: float = 0.0


@dataclass(frozen=True, slots=True)
class Outranked:
    """Why a candidate is not the first: who comes first, and what decides between the two."""

    rank: int
    winner: str
    by: str  # one of CRITERIA
    mine: Any
    theirs: Any

    def numbers(self) -> dict[str, Any]:
        """The same for an answer in JSON."""
        return {"winner": self.winner, "by": self.by, "mine": self.mine, "theirs": self.theirs}


def rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Best first. Nothing is dropped: the browser walks down the list to the first whose place it has."""
    return sorted(candidates, key=_place)


def outranked(ranked: list[Candidate]) -> dict[str, Outranked]:
    """For every candidate but the first: the winner, and the first criterion on which it beats this one."""
    return {each.key: _against(ranked[0], each, place) for place, each in enumerate(ranked[1:], 2)}


def _against(winner: Candidate, loser: Candidate, place: int) -> Outranked:
    by = next(name for name in CRITERIA if getattr(winner, name) != getattr(loser, name))
    return Outranked(place, winner.key, by, getattr(loser, by), getattr(winner, by))


def _place(candidate: Candidate) -> tuple[int, float, float, int, str]:
    return (
        RANK_OF_PRIORITY[candidate.priority],
        -candidate.progress,
        -candidate.effect,
        candidate.shown,
        candidate.key,
    )
