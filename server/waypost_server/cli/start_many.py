"""`waypost start-many`: start a play for every account that satisfies a condition."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from waypost_server.cli.opened import ACTOR, opened
from waypost_server.cli.options import workspace_option

if TYPE_CHECKING:
    from waypost_server.services.runtime import Runtime
    from waypost_server.store.tables import BulkStart

LOOK_SECONDS = 0.5


@click.command("start-many")
@click.argument("play")
@click.option("--where", "condition", help='A condition as JSON: \'{"account.plan": "growth"}\'.')
@click.option("--all", "everybody", is_flag=True, help="Every account.")
@workspace_option
def start_many(play: str, condition: str | None, everybody: bool, workspace: str | None) -> None:
    """Start PLAY for the accounts that --where means. Ctrl-C stops it; runs that began go on."""
    import json

    from waypost_server.services.bulk_start import begin_bulk

    if (condition is None) is not everybody:
        raise click.UsageError("Say --where CONDITION, or --all.")
    try:
        wanted: Any = json.loads(condition or "{}")
    except ValueError as error:
        raise click.UsageError(f"--where is no JSON: {error}.") from None
    if not isinstance(wanted, dict):
        raise click.UsageError('--where is facts and values, such as {"account.plan": "growth"}.')
    with opened(workspace) as (runtime, workspace_id):
        row = begin_bulk(runtime, workspace_id, play, wanted, actor=ACTOR)
        row = _follow(runtime, row)
    click.echo(f"{row.state.capitalize()}: {row.started:,} runs started, {row.matched:,} accounts meant.")
    for reason, count in sorted(row.held.items(), key=lambda pair: -pair[1]):
        click.echo(f"  not started for {count:,}: {reason}")


def _follow(runtime: Runtime, row: BulkStart) -> BulkStart:
    """Help until it has ended, beside whatever workers there are, and show how far it is."""
    from waypost_server.services.bulk_start import advance_bulk, stop_bulk
    from waypost_server.store import bulk_starts

    with click.progressbar(length=max(1, row.total), label="Accounts") as bar:
        try:
            while row.state == "running":
                if not advance_bulk(runtime, row.workspace_id, bulk_id=row.id, seconds=LOOK_SECONDS):
                    time.sleep(LOOK_SECONDS)  # a worker has it, or its play is paused
                with runtime.db.read() as session:
                    seen, row = row.looked_at, bulk_starts.one(session, row.workspace_id, row.id) or row
                bar.update(row.looked_at - seen)
        except KeyboardInterrupt:
            return stop_bulk(runtime, row.workspace_id, row.id, actor=ACTOR)
    return row
