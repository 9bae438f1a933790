"""`waypost retry-account`: look again at an account that was parked."""

from __future__ import annotations

import click

from waypost_server.cli.opened import ACTOR, opened
from waypost_server.cli.options import workspace_option


@click.command("retry-account")
@click.argument("account")
@workspace_option
def retry_account(account: str, workspace: str | None) -> None:
    """Let workers look at ACCOUNT again, which was parked because it had ended five of them."""
    from waypost_server.services import retry_account as service

    with opened(workspace) as (runtime, workspace_id):
        service.retry_account(runtime, workspace_id, account, actor=ACTOR)
    click.echo(f"Workers look at {account} again.")
