"""Adoption: who is adopted, and where the largest gap is, by segment."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from waypost_server.console import charts
from waypost_server.console.access import login, runtime
from waypost_server.domain.errors import NotFoundError
from waypost_server.services.adoption_report import Gap, GapCell, gap

STATES = ("adopted", "partial", "not")


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/adoption", "adoption", adoption)


def adoption() -> str:
    """The matrix segment × behaviour, titled with its largest gap."""
    who = login()
    with runtime().db.read() as session:
        try:
            found = gap(session, runtime(), who.workspace_id)
        except NotFoundError:  # nothing is published
            found = Gap(1, (), {})
        live = runtime().releases.live(session, who.workspace_id)
    titles = {each.key: each.title for each in live.definitions.catalog.segments} if live else {}
    shown = [
        {
            "key": segment,
            "title": titles.get(segment, "Everybody else" if len(found.states) > 1 else "Every account"),
            "accounts": sum(states.values()),
            "states": [(state, states[state]) for state in STATES],
            "cells": [_row(cell) for cell in found.cells if cell.segment == segment],
        }
        for segment, states in sorted(found.states.items())
    ]
    return render_template(
        "console/adoption.html",
        gap=found,
        segments=shown,
        finding=_finding(found, titles),
        is_defined=bool(live and live.definitions.adoption.segments),
        chosen=request.args.get("segment"),
    )


def _row(cell: GapCell) -> dict[str, Any]:
    label = f"{cell.met} of {cell.accounts} accounts"
    return {"cell": cell, "bar": charts.progress(cell.met, cell.accounts or 1, label)}


def _finding(found: Gap, titles: dict[str, str]) -> str:
    """The largest gap in words."""
    worst = next((each for each in found.cells if each.accounts), None)
    if worst is None or worst.met == worst.accounts:
        return "No account is short of a behaviour" if worst else ""
    missing, where = worst.accounts - worst.met, titles.get(worst.segment, "")
    group = f" in {where}" if where else ""
    return f"Largest gap: {missing} of {worst.accounts} accounts{group} lack “{worst.title}”"
