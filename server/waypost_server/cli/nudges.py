"""`waypost nudges`: check and publish the files CS ops write."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import click

from waypost_server.channels.template_check import check_template
from waypost_server.cli.rehearse import rehearse
from waypost_server.definitions.findings import Finding
from waypost_server.definitions.loader import Loaded, load


@click.group()
def nudges() -> None:
    """Check, rehearse and publish nudges, plays and templates."""


nudges.add_command(rehearse)


@nudges.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("nudges"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def validate(folder: Path, as_json: bool) -> None:
    """Check FOLDER (default: nudges) and run its cases. Exit code 1 if anything must be fixed."""
    loaded = load(folder, check_template=check_template)
    if as_json:
        findings = [finding.as_json() for finding in loaded.findings]
        click.echo(json.dumps({"ok": not loaded.errors, "findings": findings}, indent=2))
    else:
        _print_findings(loaded.findings, folder)
        click.echo(summary(loaded))
    raise SystemExit(1 if loaded.errors else 0)


@nudges.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("nudges"))
def schema(folder: Path) -> None:
    """Print a JSON Schema of the files for editors, with the names of facts that FOLDER defines."""
    from waypost_server.definitions.editor_schema import editor_schema

    click.echo(json.dumps(editor_schema(load(folder).definitions), indent=1))


@nudges.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("nudges"))
@click.option("--message", "-m", default="", help="Why: kept with the release.")
@click.option(
    "--workspace", "workspace_id", default=None, help="Which workspace; needed if there are several."
)
def apply(folder: Path, message: str, workspace_id: str | None) -> None:
    """Publish FOLDER (default: nudges) as a new release. Nothing happens if nothing changed."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.publish import RefusedError, publish
    from waypost_server.store import releases

    loaded = load(folder, check_template=check_template)
    _print_findings(loaded.findings, folder)
    if loaded.errors:
        raise click.ClickException(f"Not published: {summary(loaded)}")
    with open_runtime() as runtime:
        target = one_workspace(runtime, workspace_id)
        with runtime.db.read() as session:
            before = releases.live_number(session, target)
        try:
            number = publish(runtime, target, loaded.files, author=_author(), message=message)
        except RefusedError as error:  # the release reads no file that the folder did not hold
            raise click.ClickException(error.message) from None
    if number == before:
        click.echo(f"Nothing changed: release {number} is live in {target}.")
    else:
        click.echo(f"Release {number} is live in {target}.")


def summary(loaded: Loaded) -> str:
    """One line: what was read, and how many findings there are."""
    definitions = loaded.definitions
    read = ", ".join(
        _counted(count, noun)
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
    return f"{read}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _print_findings(findings: tuple[Finding, ...], folder: Path) -> None:
    for finding in findings:
        colour = "red" if finding.severity == "error" else "yellow"
        place, _, rest = str(finding).partition(f": {finding.severity} ")
        place = place if finding.code == "no_folder" else f"{folder}/{place}"
        click.echo(f"{place}: {click.style(finding.severity, fg=colour)} {rest}")


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "cli"
