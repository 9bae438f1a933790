"""`waypost nudges plan | apply`: what a folder would change, and publishing it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from waypost_server.cli.findings import ENVIRONMENT, FOLDER, counted, print_findings, read_folder, summary
from waypost_server.cli.nudges_check import JSON
from waypost_server.cli.target import target, where
from waypost_server.definitions.loader import Loaded

COLOURS = {"+": "green", "-": "red", "~": "yellow"}


@click.command()
@FOLDER
@ENVIRONMENT
@where
@JSON
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text",
              help="markdown: for a comment on a pull request.")  # fmt: skip
def plan(
    folder: Path,
    environment: str | None,
    workspace_id: str | None,
    host: str | None,
    key: str | None,
    as_json: bool,
    form: str,
) -> None:
    """Show what publishing FOLDER (default: nudges) would change: definitions, people, runs under way.

    Without --environment it is read for the one the workspace lives in.
    Exit code 1 when it would be refused: errors, or automated steps that newly reach strategic accounts.
    """
    loaded = _sound(folder, environment)
    click.echo("Counting whom it would reach …", err=True)
    with target(workspace_id, host, key) as chosen:
        found = chosen.plan(loaded.files, environment)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for line in markdown(found) if form == "markdown" else text(found):
            click.secho(line, fg=COLOURS.get(line.lstrip()[:1]) if form == "text" else None)
    raise SystemExit(1 if found["refusals"] else 0)


@click.command()
@FOLDER
@ENVIRONMENT
@click.option(
    "--change-environment",
    is_flag=True,
    help="Publish although the workspace lives in another environment.",
)
@click.option("--message", "-m", default="", help="Why: kept with the release.")
@click.option("--base", type=int, help="Publish only if this release is still live (0: none yet).")
@click.option(
    "--accept-strategic",
    is_flag=True,
    help="Publish although automated steps newly reach strategic accounts.",
)
@where
@JSON
def apply(
    folder: Path,
    environment: str | None,
    change_environment: bool,
    message: str,
    base: int | None,
    accept_strategic: bool,
    as_json: bool,
    **place: str | None,
) -> None:
    """Publish FOLDER (default: nudges) as a new release. Nothing happens if nothing changed.

    Without --environment it is read for the one the workspace lives in; --environment "" means none.
    """
    from waypost_server.services.publish import RefusedError

    loaded = _sound(folder, environment, quiet=as_json)
    options = {
        "message": message,
        "base": base,
        "accept_strategic": accept_strategic,
        "environment": environment,
        "change_environment": change_environment,
    }
    with target(**place) as chosen:
        try:
            done = chosen.apply(loaded.files, **options)
        except RefusedError as error:  # the release reads no file that the folder did not hold
            raise click.ClickException(error.message) from None
    if as_json:
        click.echo(json.dumps(done, indent=2, ensure_ascii=False))
        return
    for each in done["plan"]["runs"]:
        click.echo(_run(each))
    made_for = done["plan"]["environment"]
    if done["isNew"]:
        said = f", for the environment {made_for}" if made_for else ""
        click.echo(f"Release {done['number']} is live in {chosen.name}{said}.")
    else:
        click.echo(f"Nothing changed: release {done['number']} is live in {chosen.name}.")


def _sound(folder: Path, environment: str | None, *, quiet: bool = False) -> Loaded:
    loaded = read_folder(folder, environment)
    if not quiet or loaded.errors:
        print_findings(loaded.errors if quiet else loaded.findings, folder)
    if loaded.errors:
        raise click.ClickException(f"Not published: {summary(loaded)}")
    return loaded


def text(found: dict[str, Any]) -> Iterator[str]:
    """The plan for a terminal."""
    yield f"Against release {found['base']}:" if found["base"] else "Nothing is published yet."
    yield from (f"  {line}" for line in _environment(found))
    if not found["changes"]:
        yield "  No definition changes."
    for change in found["changes"]:
        yield f"  {_mark(change)} {change['kind']} {change['key']} ({change['file']})"
        for each in change["fields"]:
            yield f"      {_field(each)}"
    if found["audiences"] or found["motions"]:
        yield "Whom it reaches now:"
    for each in found["audiences"]:
        yield f"    nudge {each['nudge']}: {_audience(each)}"
    for move, count in found["motions"].items():
        yield f"    {counted(count, 'account')}: {move}"
    for each in found["runs"]:
        yield _run(each)
    for each in found["refusals"]:
        yield f"- REFUSED {each['message']}"


def markdown(found: dict[str, Any]) -> Iterator[str]:
    """The plan as a comment on a pull request."""
    yield "### Waypost plan"
    yield ""
    yield f"Against release {found['base']}." if found["base"] else "Nothing is published yet."
    yield from (f"\n{line}" for line in _environment(found))
    for each in found["refusals"]:
        yield f"\n> [!CAUTION]\n> Refused: {_plain(each['message'])}"
    if found["changes"]:
        yield "\n| | definition | what changes |\n|---|---|---|"
    for change in found["changes"]:
        fields = "<br>".join(f"`{_plain(_field(each))}`" for each in change["fields"][:10])
        yield f"| {_mark(change)} | {change['kind']} `{change['key']}` | {fields or change['what']} |"
    if found["audiences"]:
        yield "\n| nudge | reaches | new | no longer |\n|---|--:|--:|--:|"
    for each in found["audiences"]:
        about = ("" if each["exact"] else " (sample)") + (" on some page" if each.get("unknown") else "")
        yield f"| `{each['nudge']}` | {each['after']:,}{about} | +{each['added']:,} | −{each['removed']:,} |"
    for move, count in found["motions"].items():
        yield f"\n{counted(count, 'account')}: {move}"
    for each in found["runs"]:
        yield f"\n{_run(each)}"
    if not found["changes"]:
        yield "\nNo definition changes."


def _environment(found: dict[str, Any]) -> Iterator[str]:
    """What the plan is for, and a warning where the workspace lives elsewhere."""
    was, becomes = found.get("wasEnvironment", ""), found.get("environment", "")
    if becomes or was:
        yield f"For the environment {becomes}." if becomes else "For no environment."
    if was and was != becomes:
        yield f"This workspace lives in the environment {was}: apply needs --change-environment."


def _plain(words: str) -> str:
    """Text that cannot leave its table cell or code span."""
    return words.replace("|", "¦").replace("`", "'").replace("\n", " ⏎ ")[:200]


def _mark(change: dict[str, Any]) -> str:
    return {"added": "+", "removed": "-", "changed": "~"}[change["what"]]


def _field(each: dict[str, Any]) -> str:
    before, after = (
        None if value is None else str(value).replace("\n", "⏎") for value in (each["before"], each["after"])
    )
    if before is None:
        return f"{each['path']}: {after} (new)"
    return f"{each['path']}: {before} (removed)" if after is None else f"{each['path']}: {before} → {after}"


def _audience(each: dict[str, Any]) -> str:
    about = "" if each["exact"] else ", counted in a sample"
    pages = ", on some page" if each.get("unknown") else ""
    return f"{counted(each['after'], 'user')} (+{each['added']:,}, −{each['removed']:,}{about}{pages})"


def _run(each: dict[str, Any]) -> str:
    what = "is removed: it starts no more" if each["what"] == "removed" else "changes for new runs"
    verb = "stays" if each["running"] == 1 else "stay"
    return (
        f"  play {each['play']} {what}; {counted(each['running'], 'run')} under way {verb} on their release."
    )
