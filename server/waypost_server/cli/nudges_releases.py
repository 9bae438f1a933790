"""`waypost nudges diff | rollback | pull`: what was published before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from waypost_server.cli.findings import ENVIRONMENT, FOLDER, counted, print_findings, read_folder, summary
from waypost_server.cli.nudges_check import JSON
from waypost_server.cli.nudges_publish import text as plan_text
from waypost_server.cli.target import target, where


@click.command()
@click.argument("first", type=int, required=False)
@click.argument("second", type=int, required=False)
@ENVIRONMENT
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("nudges"),
    show_default=True,
    help="The folder that --environment is looked up in.",
)
@click.option("--text", "as_text", is_flag=True, help="The files as a unified diff.")
@where
@JSON
def diff(
    first: int | None,
    second: int | None,
    environment: str | None,
    folder: Path,
    as_text: bool,
    as_json: bool,
    **place: str | None,
) -> None:
    """Show what changed from release FIRST to release SECOND, field by field.

    With --environment instead of two releases: what that environment sets otherwise in the folder.
    """
    if environment is not None and first is None:
        found = _overridden(folder, environment)
    elif first is None or second is None or environment is not None:
        raise click.UsageError("Name two releases (waypost nudges diff 3 4), or --environment NAME.")
    else:
        with target(**place) as chosen:
            found = chosen.diff(first, second)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif as_text:
        click.echo(found["text"], nl=False)
    else:
        _print_changes(found["changes"])


def _overridden(folder: Path, environment: str) -> dict[str, Any]:
    from waypost_server.definitions.changes import compare

    loaded = read_folder(folder, environment)
    print_findings(loaded.errors, folder)
    if loaded.errors:
        raise click.ClickException(f"Not compared: {summary(loaded)}")
    changes = compare(loaded.files, loaded.files, ("", environment))
    text = loaded.files.get(f"environments/{environment}.yaml", "")
    return {"changes": [each.as_json() for each in changes], "text": text}


@click.command()
@click.argument("number", type=int)
@click.option("--message", "-m", default="", help="Why: kept with the release.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@where
@click.option(
    "--accept-strategic",
    is_flag=True,
    help="Publish although automated steps newly reach strategic accounts.",
)
@JSON
def rollback(
    number: int,
    message: str,
    yes: bool,
    accept_strategic: bool,
    workspace_id: str | None,
    host: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Publish the files of release NUMBER again, as a new release."""
    with target(workspace_id, host, key) as chosen:
        if not (yes or as_json):
            undone = chosen.rollback(number, message=message, dry_run=True)["undoes"]
            click.echo(f"Going back to release {number} changes:")
            _print_changes(undone)
            click.confirm("Publish?", abort=True)
        done = chosen.rollback(number, message=message, dry_run=False, accept_strategic=accept_strategic)
    if as_json:
        click.echo(json.dumps(done, indent=2, ensure_ascii=False))
    else:
        click.echo(f"Release {done['number']} is live in {chosen.name}, with the files of release {number}.")


@click.command()
@FOLDER
@click.option("--release", "number", type=int, help="This release; the live one otherwise.")
@click.option("--draft", help="This draft of the console, as publishing it would leave the files.")
@click.option("--force", is_flag=True, help="overwrite files that differ.")
@where
@JSON
def pull(
    folder: Path,
    number: int | None,
    draft: str | None,
    force: bool,
    workspace_id: str | None,
    host: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Write the live release, an earlier one or a draft to FOLDER (default: nudges), byte for byte."""
    if draft is not None and number is not None:
        raise click.UsageError("Give --release or --draft, not both.")
    with target(workspace_id, host, key) as chosen:
        if draft is not None:
            found = chosen.draft(draft)
            what: dict[str, Any] = {"draft": draft}
        else:
            found = chosen.live() if number is None else chosen.release(number)
            what = {"number": found["number"]}
    if what.get("number") == 0:
        raise click.ClickException(
            f"Nothing is published in {chosen.name}. Publish with: waypost nudges apply"
        )
    written = _write(folder, found["files"], force)
    if as_json:
        click.echo(json.dumps({**what, "written": written}, indent=2))
        return
    named = f"Draft {draft}" if draft is not None else f"Release {found['number']}"
    click.echo(f"{named}: {counted(len(written), 'file')} written to {folder}.")
    left = sorted(read_folder(folder).files.keys() - found["files"].keys())
    if left:
        click.echo(f"Left alone, because it does not hold them: {', '.join(left[:10])}.")


def _write(folder: Path, files: dict[str, str], force: bool) -> list[str]:
    """Write what differs. Refuses to overwrite a file whose text would be lost."""
    changed = [name for name, text in files.items() if not _same(_inside(folder, name), text)]
    lost = [name for name in changed if _inside(folder, name).exists()]
    if lost and not force:
        names = ", ".join(sorted(lost)[:10])
        raise click.ClickException(
            f"In the way, because they differ: {names}. Commit them first, or use --force."
        )
    for name in changed:
        path = _inside(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name].encode())
    return sorted(changed)


def _inside(folder: Path, name: str) -> Path:
    """A release may come from anywhere: its names must not leave the folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise click.ClickException(
            f"The release holds a file outside its folder: {name!r}. Nothing was written."
        )
    return path


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _print_changes(changes: list[dict[str, Any]]) -> None:
    document = {"base": 0, "changes": changes, "audiences": [], "motions": {}, "runs": [], "refusals": []}
    for line in list(plan_text(document))[1:]:
        click.secho(line, fg={"+": "green", "-": "red", "~": "yellow"}.get(line.lstrip()[:1]))
