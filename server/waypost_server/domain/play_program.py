"""A play's steps as a line of instructions: every step has a number, and says which comes next.

Steps are numbered as they stand in the file, the inner ones after the step that holds them, so a play without
branches is numbered as it always was. Every way leads to a higher number: a run always comes to an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .definitions import Play, PlayStep
from .flow_steps import BranchStep, WaitStep


@dataclass(frozen=True, slots=True)
class Instruction:
    """A step, where it leads, and where else: a branch whose condition fails, a wait whose time is up."""

    step: PlayStep
    following: int
    otherwise: int


def walk(steps: Iterable[PlayStep]) -> Iterator[PlayStep]:
    """Every step, the inner ones after the step that holds them."""
    for step in steps:
        yield step
        for inner in inside(step):
            yield from walk(inner)


def every_step(plays: Iterable[Play]) -> Iterator[PlayStep]:
    """The steps of all branches of all plays."""
    for play in plays:
        for branch in play.branches.values():
            yield from walk(branch)


def inside(step: PlayStep) -> tuple[tuple[PlayStep, ...], ...]:
    """The lists of steps that a step holds."""
    if isinstance(step, BranchStep):
        return (step.then, step.otherwise)
    return (step.timeout,) if isinstance(step, WaitStep) else ()


def program(steps: Sequence[PlayStep]) -> tuple[Instruction, ...]:
    """The instructions of one branch of a play; past the last of them the run is complete."""
    made: list[Instruction] = []
    _lay(steps, len(list(walk(steps))), made)
    return tuple(made)


def _lay(steps: Sequence[PlayStep], after: int, made: list[Instruction]) -> None:
    """Append `steps`; the last of them leads to number `after`."""
    for place, step in enumerate(steps, start=1):
        here = len(made)
        following = after if place == len(steps) else here + len(list(walk([step])))
        lists = inside(step)
        starts = _starts(lists, here + 1, following)
        if isinstance(step, BranchStep):
            made.append(Instruction(step, starts[0], starts[1]))
        else:
            made.append(Instruction(step, following, starts[0] if starts else following))
        for inner in lists:
            _lay(inner, following, made)


def _starts(lists: Sequence[Sequence[PlayStep]], first: int, following: int) -> list[int]:
    """Where each list begins; an empty one leads straight on."""
    found = []
    for inner in lists:
        found.append(first if inner else following)
        first += len(list(walk(inner)))
    return found
