"""Reading a folder of definitions on the command line, and printing what is wrong with it."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from pathlib import Path

import click

from waypost_server.channels.template_check import check_template
from waypost_server.definitions.findings import Finding
from waypost_server.definitions.loader import Loaded, load

FOLDER = click.argument("folder", type=click.Path(path_type=Path), default=Path("nudges"))


ENVIRONMENT = click.option(
    "--environment",
    "--env",
    "-e",
    help="With the overrides of environments/NAME.yaml in the folder.",
    metavar="NAME",
)


def read_folder(folder: Path, environment: str | None = None) -> Loaded:
    """The folder with its findings, templates checked too; as written where no environment is named."""
    return load(folder, check_template=check_template, environment=environment or "")


def summary(loaded: Loaded) -> str:
    """One line: what was read, and how many findings there are."""
    definitions = loaded.definitions
    read = ", ".join(
        counted(count, noun)
        for count, noun in (
            (len(definitions.nudges), "nudge"),
            (len(definitions.plays), "play"),
            (len(definitions.templates), "template"),
            (len(definitions.journey.milestones), "milestone"),
            (sum(len(nudge.cases) for nudge in definitions.nudges), "case"),
        )
    )
    errors = len(loaded.errors)
    warnings = len(loaded.findings) - errors
    return f"{read}: {counted(errors, 'error')}, {counted(warnings, 'warning')}."


def counted(count: int, noun: str) -> str:
    """ "1 error", "2 errors"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def print_findings(findings: Iterable[Finding], folder: Path) -> None:
    """One line each, that an editor can open."""
    for finding in findings:
        colour = "red" if finding.severity == "error" else "yellow"
        place, _, rest = str(finding).partition(f": {finding.severity} ")
        place = place if finding.code == "no_folder" else f"{folder}/{place}"
        click.echo(f"{place}: {click.style(finding.severity, fg=colour)} {rest}")


def author() -> str:
    """Who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "cli"
