"""Checks over a whole set: names that must exist, conditions, copy, plays, and the cases beside each nudge."""

from __future__ import annotations

from collections.abc import Mapping

from waypost_server.definitions.findings import Report, Source, TemplateChecker
from waypost_server.definitions.saved_groups import groups_of
from waypost_server.domain.definitions import Definitions

from . import (
    adoption,
    cases,
    catalogue,
    copy,
    coverage,
    journey,
    languages,
    nudges,
    plays,
    policy,
    structures,
    theme,
    workshops,
)
from .context import Context

_CHECKS = (
    catalogue,
    journey,
    policy,
    theme,
    adoption,
    nudges,
    structures,
    languages,
    plays,
    workshops,
    copy,
    coverage,
    cases,
)


def run(
    definitions: Definitions,
    sources: Mapping[str, Source],
    report: Report,
    *,
    check_template: TemplateChecker | None,
    broken: frozenset[str],
) -> None:
    """Report everything that is wrong between the files.

    `broken` names the kinds of file ("in-app", "journey") that could not all be read: a name they may
    define is not reported as unknown.
    """
    catalog = sources.get("catalog.yaml")
    groups = groups_of(catalog.data if catalog else None)
    context = Context(definitions, sources, report, broken, check_template, groups)
    for check in _CHECKS:
        check.run(context)
