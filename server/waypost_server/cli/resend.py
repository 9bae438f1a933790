"""`waypost resend`: send a message again."""

from __future__ import annotations

import click


@click.command("resend")
@click.argument("delivery_ids", nargs=-1, required=True)
@click.option("--workspace", "-w", help="Workspace id; not needed when there is only one.")
def resend(delivery_ids: tuple[str, ...], workspace: str | None) -> None:
    """Queue each of DELIVERY_IDS once more under its id: what failed, expired or is unknown; webhooks also if sent."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.resend import resend as again

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        for delivery_id in delivery_ids:
            row = again(runtime, workspace_id, delivery_id, actor="command line")
            click.echo(f"Queued: {row.channel} to {row.recipient}.")
