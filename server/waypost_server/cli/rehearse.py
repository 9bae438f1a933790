"""`waypost nudges rehearse`: what a folder would have done in the last days, without sending anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from waypost_server.cli.findings import ENVIRONMENT, read_folder
from waypost_server.cli.page_options import page_options
from waypost_server.domain.page import Page


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("nudges"))
@click.option("--folder", "named", type=click.Path(path_type=Path), help="The same as FOLDER.")
@ENVIRONMENT
@click.option("--days", default=30, show_default=True, help="How many full days to play, 1 to 90.")
@click.option(
    "--all", "everything", is_flag=True, help="Play every account; a large workspace is sampled otherwise."
)
@page_options
@click.option("--html", type=click.Path(path_type=Path), help="Also write a report with plots to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--workspace", "-w", "workspace_id", help="Workspace id; not needed when there is only one.")
def rehearse(
    folder: Path,
    named: Path | None,
    environment: str | None,
    days: int,
    everything: bool,
    page: Page | None,
    workspace_id: str | None,
    **report: Any,
) -> None:
    """Replay the stored events of the last days against FOLDER (default: nudges). Nothing is sent or stored."""
    from waypost_server.cli import rehearsal_html, rehearsal_text
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.rehearse import VISITS
    from waypost_server.services.rehearse import rehearse as play

    folder = named or folder
    loaded = read_folder(folder, environment)
    if loaded.errors:
        first = loaded.errors[0]
        raise click.ClickException(
            f"{folder} has {len(loaded.errors)} error(s). First put them right (waypost nudges validate): {first}"
        )
    with open_runtime() as runtime:
        target = one_workspace(runtime, workspace_id)
        with click.progressbar(length=days, label="Rehearsing", file=sys.stderr) as bar:
            found = play(
                runtime,
                target,
                loaded.definitions,
                days=days,
                at_most=None if everything else VISITS,
                page=page,
                progress=lambda done, total: bar.update(1),
            )
    if report["html"] is not None:
        report["html"].write_text(rehearsal_html.page(found, str(folder)), encoding="utf-8")
        click.echo(f"Report: {report['html']}", err=True)
    if report["as_json"]:
        click.echo(json.dumps(found.as_json(), indent=2, ensure_ascii=False, default=str))
        return
    for line in rehearsal_text.lines(found):
        click.echo(line)
