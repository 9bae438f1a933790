"""`waypost nudges drafts | push`: the console's drafts, and making one of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import click

from waypost_server.cli.findings import FOLDER, counted, print_findings, read_folder
from waypost_server.cli.nudges_check import JSON
from waypost_server.cli.target import Target, target, where

UNREAD = ("no_folder", "not_utf8", "too_large", "unreadable")


@click.command()
@where
@JSON
def drafts(workspace_id: str | None, host: str | None, key: str | None, as_json: bool) -> None:
    """List the drafts of the console: edited definitions that are not published yet."""
    with target(workspace_id, host, key) as chosen:
        found = chosen.drafts()
    if as_json:
        click.echo(json.dumps({"data": found}, indent=2, ensure_ascii=False))
        return
    for each in found:
        click.echo(f"{each['name']}: {counted(each['files'], 'file')}, last edited {each['updatedAt'][:16]}")
    if not found:
        click.echo(f"There are no drafts in {chosen.name}. Make one with: waypost nudges push --draft NAME")


@click.command()
@FOLDER
@click.option("--draft", "name", required=True, help="Its name; a person's own draft bears their e-mail.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask before edits are overwritten.")
@where
@JSON
def push(
    folder: Path,
    name: str,
    yes: bool,
    workspace_id: str | None,
    host: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Make FOLDER (default: nudges) a draft in the console, byte for byte. Publishes nothing."""
    loaded = read_folder(folder)
    unread = [each for each in loaded.errors if each.code in UNREAD and each.file not in loaded.files]
    if unread:
        print_findings(unread, folder)
        raise click.ClickException("Not pushed: what cannot be read would be deleted in the draft.")
    with target(workspace_id, host, key) as chosen:
        seen = _asked(chosen, name, loaded.files, yes or as_json)
        done = chosen.push(name, loaded.files, seen)
    if as_json:
        click.echo(json.dumps({each: done[each] for each in ("name", "live", "edits")}, indent=2))
        return
    for each in done["edits"]:
        conflict = ", changed in the live release too" if each["conflict"] else ""
        click.echo(f"  {each['what']} {each['file']}{conflict}")
    click.echo(f"The draft {name} in {chosen.name} changes {counted(len(done['edits']), 'file')}.")


def _asked(chosen: Target, name: str, files: dict[str, str], yes: bool) -> str | None:
    """The stamp of the draft when its edits may be overwritten; asks when some would be."""
    if name not in [each["name"] for each in chosen.drafts()]:
        return None
    before = chosen.draft(name)
    lost = [
        edit["file"]
        for edit in before["edits"]
        if files.get(edit["file"]) != before["files"].get(edit["file"])
    ]
    if lost and not yes:
        click.echo(f"The draft {name} holds other edits of: {', '.join(lost[:10])}.")
        click.confirm("Push over them?", abort=True)
    stamp: str = before["stamp"]
    return stamp
