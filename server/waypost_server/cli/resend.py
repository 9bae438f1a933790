"""`waypost resend`: send a message again."""

from __future__ import annotations

import click

from waypost_server.cli.opened import ACTOR, opened
from waypost_server.cli.options import workspace_option


@click.command("resend")
@click.argument("delivery_ids", nargs=-1, required=True)
@workspace_option
def resend(delivery_ids: tuple[str, ...], workspace: str | None) -> None:
    """Queue each of DELIVERY_IDS once more under its id: what failed, expired or is unknown; webhooks also if sent."""
    from waypost_server.services.resend import resend as again

    with opened(workspace) as (runtime, workspace_id):
        for delivery_id in delivery_ids:
            row = again(runtime, workspace_id, delivery_id, actor=ACTOR)
            click.echo(f"Queued: {row.channel} to {row.recipient}.")
