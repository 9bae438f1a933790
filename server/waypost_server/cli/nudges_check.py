"""`waypost nudges validate | test | coverage`: what can be said about a folder without a server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from waypost_server.channels.template_check import check_template
from waypost_server.cli.findings import ENVIRONMENT, FOLDER, print_findings, read_folder, summary
from waypost_server.definitions.loader import in_every_environment

if TYPE_CHECKING:
    from waypost_server.definitions.cases import Result
    from waypost_server.definitions.coverage import Cell

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command()
@FOLDER
@ENVIRONMENT
@JSON
def validate(folder: Path, environment: str | None, as_json: bool) -> None:
    """Check FOLDER (default: nudges) and run its cases, in every environment unless one is named.

    Exit code 1 if anything must be fixed.
    """
    loaded = read_folder(folder, environment)
    if environment is None:
        loaded = in_every_environment(loaded, check_template=check_template)
    if as_json:
        findings = [finding.as_json() for finding in loaded.findings]
        click.echo(json.dumps({"ok": not loaded.errors, "findings": findings}, indent=2))
    else:
        print_findings(loaded.findings, folder)
        click.echo(summary(loaded))
    raise SystemExit(1 if loaded.errors else 0)


@click.command()
@FOLDER
@ENVIRONMENT
@JSON
def test(folder: Path, environment: str | None, as_json: bool) -> None:
    """Run the cases beside the definitions in FOLDER (default: nudges); needs no server.

    Exit code 1 if a case comes out otherwise than expected, or a file cannot be read.
    """
    from waypost_server.definitions.cases import run_all

    started = time.perf_counter()
    loaded = read_folder(folder, environment)
    results = tuple(run_all(loaded.definitions))
    failed = [result for result in results if not result.passed]
    others = tuple(finding for finding in loaded.errors if finding.code != "case_failed")
    seconds = time.perf_counter() - started
    if as_json:
        cases = [result.as_json() for result in results]
        errors = [finding.as_json() for finding in others]
        document = {"ok": not failed and not others, "cases": cases, "errors": errors}
        click.echo(json.dumps(document, indent=2, default=str))
    else:
        print_findings(others, folder)
        for result in failed:
            _print_failure(result, folder)
        count = f"{len(results) - len(failed)} of {len(results)} cases passed in {seconds:.2f} s."
        click.secho(count, fg="red" if failed else "green")
    raise SystemExit(1 if failed or others else 0)


def _print_failure(result: Result, folder: Path) -> None:
    click.secho(f"FAILED {result.nudge.key}: {result.case.name}", fg="red", bold=True)
    click.echo(f"  {folder}/{result.case.source}")
    for label, outcome in (("expected", result.case.expect), ("got", result.got)):
        click.echo(f"  {label:<9} {outcome if outcome == 'shown' else f'held: {outcome}'}")
    for leaf in result.failed:
        wanted, seen = (
            json.dumps(each, ensure_ascii=False, default=str) for each in (leaf.wanted, leaf.seen)
        )
        click.secho(f"  failed    {leaf.path} {leaf.operator} {wanted}, but it is {seen}", fg="red")


@click.command()
@FOLDER
@ENVIRONMENT
@JSON
@click.option("--all", "everything", is_flag=True, help="Show every cell, not one line for equal ones.")
def coverage(folder: Path, environment: str | None, as_json: bool, everything: bool) -> None:
    """Show what comes next for every segment, motion and state of a milestone in FOLDER (default: nudges).

    Exit code 1 for an empty cell, a play that can never start, and a play or nudge that never ends.
    """
    from waypost_server.definitions.coverage import flaws, matrix

    loaded = read_folder(folder, environment)
    unread = [finding for finding in loaded.errors if finding.code not in ("empty_cell", "case_failed")]
    cells, wrong = matrix(loaded.definitions), flaws(loaded.definitions)
    empty = [cell for cell in cells if cell.is_empty]
    if as_json:
        document = {
            "ok": not (empty or wrong or unread),
            "cells": [cell.as_json() for cell in cells],
            "flaws": [{"code": each.code, "key": each.key, "message": each.message} for each in wrong],
            "errors": [finding.as_json() for finding in unread],
        }
        click.echo(json.dumps(document, indent=2))
        raise SystemExit(0 if document["ok"] else 1)
    print_findings(tuple(unread), folder)
    _print_cells(cells, everything)
    for flaw in wrong:
        click.secho(f"{folder}/{flaw.source}: {flaw.message} — {flaw.remedy}", fg="red")
    click.echo(
        f"{len(cells)} cells: {len(empty)} empty, {sum(cell.none is not None for cell in cells)} on purpose."
    )
    raise SystemExit(1 if empty or wrong or unread else 0)


def _print_cells(cells: tuple[Cell, ...], everything: bool) -> None:
    """A block per milestone and state; segments and motions with the same answer share a line."""
    blocks: dict[tuple[str, str], dict[str, list[str]]] = {}
    for cell in cells:
        answer = ", ".join(cell.next) or (f"none: {cell.none}" if cell.none else "EMPTY")
        places = blocks.setdefault((cell.milestone, cell.state), {})
        places.setdefault(answer, []).append(f"{cell.segment}/{cell.motion}")
    for (milestone, state), answers in blocks.items():
        click.secho(f"{milestone}, {state}", bold=True)
        for answer, cells_of in answers.items():
            colour = "red" if answer == "EMPTY" else None
            for place in cells_of if everything else [_joined(cells_of, len(answers) == 1)]:
                click.secho(f"  {place}: {answer}", fg=colour)


def _joined(places: list[str], everywhere: bool) -> str:
    return "everywhere" if everywhere else ", ".join(places)
