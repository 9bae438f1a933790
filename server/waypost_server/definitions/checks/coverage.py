"""Checks of coverage: the claim of coverage.yaml holds, and every play and nudge can start and end."""

from __future__ import annotations

from waypost_server.definitions.coverage import NO_SEGMENT, Flaw, flaws, matrix
from waypost_server.definitions.findings import Report

from .context import Context

SHOWN = 20  # empty cells named one by one; more are counted


def run(context: Context) -> None:
    """Without coverage.yaml a flaw is a warning; with it an error, and so is an empty cell."""
    claim = context.definitions.coverage
    for flaw in flaws(context.definitions):
        _report(context, flaw, strict=claim is not None)
    if claim is None or context.broken:
        return
    _names(context)
    empty = [cell for cell in matrix(context.definitions) if cell.is_empty]
    source = context.file("coverage.yaml")
    for cell in empty[:SHOWN]:
        message = (
            f"nothing comes next for {cell.segment}, {cell.motion}, when {cell.milestone} is {cell.state}"
        )
        remedy = "write a play or nudge for it, or name it under `none:` with a reason"
        context.report.error(source, ("none",), "empty_cell", message, remedy)
    if len(empty) > SHOWN:
        message = f"{len(empty) - SHOWN} more cells are empty"
        context.report.error(source, ("none",), "empty_cell", message, "see waypost nudges coverage")


def _names(context: Context) -> None:
    source = context.file("coverage.yaml")
    for index, one in enumerate(context.definitions.coverage.none if context.definitions.coverage else ()):
        for kind in ("segment", "motion", "milestone"):
            name = getattr(one, kind)
            if name is not None and name != NO_SEGMENT:
                context.require(kind, name, source, ("none", index, kind))


def _report(context: Context, flaw: Flaw, *, strict: bool) -> None:
    report: Report = context.report
    say = report.error if strict else report.warning
    say(context.source(flaw.source), ("key",), flaw.code, flaw.message, flaw.remedy)
