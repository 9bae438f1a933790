"""The cases beside each nudge, run: what came out, and which comparison decided it.

Only the audience and the goal are a definition's own. Frequency, budget and the like depend on a person's
history, and are tested where they are built.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from waypost_server.domain import facts
from waypost_server.domain.conditions import Compiled, ConditionError, compile_condition, getter
from waypost_server.domain.definitions import Case, Definitions, Nudge
from waypost_server.domain.explanation import Group, Leaf


@dataclass(frozen=True, slots=True)
class Result:
    """One case and its outcome. `failed` are the comparisons that kept the person out, with what they saw."""

    nudge: Nudge
    case: Case
    got: str
    failed: tuple[Leaf, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it came out as the author expects."""
        return self.got == self.case.expect

    def why(self) -> str:
        """The comparisons that failed, in words; "" when none did."""
        return "; ".join(
            f"{leaf.path} {leaf.operator} {_json(leaf.wanted)}, but it is {_json(leaf.seen)}"
            for leaf in self.failed
        )

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return {
            "nudge": self.nudge.key, "case": self.case.name, "source": self.case.source, "passed": self.passed,
            "expected": self.case.expect, "got": self.got, "failed": [leaf.as_json() for leaf in self.failed],
        }  # fmt: skip


def run_all(definitions: Definitions) -> Iterator[Result]:
    """Every case of every nudge whose audience is a condition."""
    for nudge in (each for each in definitions.nudges if each.cases):
        try:
            compiled = compile_condition(nudge.audience)
        except ConditionError:
            continue  # the validator reports it
        for case in nudge.cases:
            yield run(nudge, compiled, case, definitions)


def run(nudge: Nudge, compiled: Compiled, case: Case, definitions: Definitions) -> Result:
    """One case: "shown", "audience" or "goal_reached" for a person of whom only `given` is known."""
    goal = f"milestone.{nudge.goal.milestone}.reached" if nudge.goal and nudge.goal.milestone else None
    document = known(compiled.paths | ({goal} if goal else set()), case.given, definitions)
    if not compiled.test(document):
        return Result(nudge, case, "audience", _failed(compiled, document))
    if goal and nudge.frequency.until_goal and getter(goal)(document) is True:
        return Result(nudge, case, "goal_reached", (Leaf(goal, "=", False, True, "false"),))
    return Result(nudge, case, "shown")


def known(paths: frozenset[str], given: Mapping[str, Any], definitions: Definitions) -> dict[str, Any]:
    """The facts of somebody of whom only `given` is known: the rest reads as for a person who did nothing."""
    document = facts.blank(paths, definitions)
    for path, value in leaves(facts.nest(dict(given))):
        facts.put(document, path, value)
    return document


def leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a nested document with its dotted name."""
    for key, value in document.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def _failed(compiled: Compiled, document: Mapping[str, Any]) -> tuple[Leaf, ...]:
    said = compiled.explain(document)
    every = said.leaves() if isinstance(said, Group) else (said,)
    return tuple(leaf for leaf in every if leaf.truth != "true") or every


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
