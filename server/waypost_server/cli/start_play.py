"""`waypost start-play`: start a play by hand."""

from __future__ import annotations

import click

from waypost_server.cli.opened import ACTOR, opened
from waypost_server.cli.options import workspace_option


@click.command("start-play")
@click.argument("play")
@click.option("--account", "account_id", required=True, help="For this account.")
@click.option("--user", "user_id", default="", help="For this user of it; needed if the play is about users.")
@click.option("--anyway", is_flag=True, help="Also where its audience or its limit on starting says no.")
@workspace_option
def start_play(play: str, account_id: str, user_id: str, anyway: bool, workspace: str | None) -> None:
    """Start PLAY now for an account. Its steps still keep every other rule: motion, budget, consent, quiet hours."""
    from waypost_server.services.start_run import Wish, start_run

    wish = Wish(play, account_id, user_id, anyway=anyway, actor=ACTOR)
    with opened(workspace) as (runtime, workspace_id):
        run = start_run(runtime, workspace_id, wish)
    click.echo(f"Started: run {run.id} of {run.play} for {run.user_id or run.account_id}.")
