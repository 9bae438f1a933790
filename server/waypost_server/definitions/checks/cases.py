"""Runs the cases beside each nudge: given these facts, is it shown, or held by the audience or the goal?

Only those two gates are a definition's own. Frequency, budget and the like depend on a person's history,
and are tested where they are built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from waypost_server.definitions.findings import Where
from waypost_server.domain import facts
from waypost_server.domain.conditions import Compiled, ConditionError, compile_condition, getter
from waypost_server.domain.definitions import Case, Definitions, Nudge

from .context import Context
from .rules import check_fact


def run(context: Context) -> None:
    """Run every case and report those that come out otherwise."""
    for nudge in context.definitions.nudges:
        try:
            compiled = compile_condition(nudge.audience)
        except ConditionError:
            continue  # reported with the nudge
        for index, case in enumerate(nudge.cases):
            _case(context, nudge, compiled, case, ("cases", index))


def outcome(nudge: Nudge, compiled: Compiled, given: Mapping[str, Any], definitions: Definitions) -> str:
    """The outcome: "shown", "audience" or "goal_reached" for a person of whom only `given` is known."""
    goal = f"milestone.{nudge.goal.milestone}.reached" if nudge.goal and nudge.goal.milestone else None
    document = facts.blank(compiled.paths | ({goal} if goal else set()), definitions)
    for path, value in _leaves(facts.nest(dict(given))):
        facts.put(document, path, value)
    if not compiled.test(document):
        return "audience"
    if goal and nudge.frequency.until_goal and getter(goal)(document) is True:
        return "goal_reached"
    return "shown"


def _case(context: Context, nudge: Nudge, compiled: Compiled, case: Case, where: Where) -> None:
    source = context.source(nudge.source)
    paths = [path for path, _ in _leaves(facts.nest(dict(case.given)))]
    known = [check_fact(context, path, source, (*where, "given")) for path in paths]
    if not all(known):
        return
    got = outcome(nudge, compiled, case.given, context.definitions)
    if got == case.expect:
        return
    expected = case.expect if case.expect == "shown" else f"held: {case.expect}"
    seen = got if got == "shown" else f"held: {got}"
    message = f"case {case.name!r} expected {expected} and got {seen}"
    context.report.error(source, where, "case_failed", message, "change the audience, or the case")


def _leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value
