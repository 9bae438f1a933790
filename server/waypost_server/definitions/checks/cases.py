"""Reports each case beside a nudge that comes out otherwise than its author expects."""

from __future__ import annotations

from waypost_server.definitions.cases import Result, leaves, run_all
from waypost_server.definitions.findings import Where
from waypost_server.domain import facts

from .context import Context
from .rules import check_fact


def run(context: Context) -> None:
    """Run every case whose facts exist."""
    for result in run_all(context.definitions):
        where = ("cases", result.nudge.cases.index(result.case))
        if not result.passed and _known(context, result, where):
            _report(context, result, where)
        elif result.passed:
            _known(context, result, where)


def _known(context: Context, result: Result, where: Where) -> bool:
    source = context.source(result.nudge.source)
    paths = [path for path, _ in leaves(facts.nest(dict(result.case.given)))]
    known = [check_fact(context, path, source, (*where, "given")) for path in paths]
    return all(known)


def _report(context: Context, result: Result, where: Where) -> None:
    expected, got = (
        each if each == "shown" else f"held: {each}" for each in (result.case.expect, result.got)
    )
    why = f" ({result.why()})" if result.why() else ""
    message = f"case {result.case.name!r} expected {expected} and got {got}{why}"
    source = context.source(result.nudge.source)
    context.report.error(source, where, "case_failed", message, "change the audience, or the case")
