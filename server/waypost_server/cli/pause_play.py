"""`waypost pause-play` and `resume-play`."""

from __future__ import annotations

import click

from waypost_server.cli.opened import ACTOR, opened
from waypost_server.cli.options import reason_option, workspace_option


@click.command("pause-play")
@click.argument("play")
@reason_option
@workspace_option
def pause_play(play: str, reason: str, workspace: str | None) -> None:
    """Pause PLAY: it starts for nobody, and none of its runs takes another step."""
    from waypost_server.services import pause_play as services

    with opened(workspace) as (runtime, workspace_id):
        services.pause_play(runtime, workspace_id, play, actor=ACTOR, reason=reason)
    click.echo(f"Paused: {play}. Let it go on with: waypost resume-play {play}")


@click.command("resume-play")
@click.argument("play")
@workspace_option
def resume_play(play: str, workspace: str | None) -> None:
    """Let PLAY go on; runs whose time has come meanwhile act at once."""
    from waypost_server.services import pause_play as services

    with opened(workspace) as (runtime, workspace_id):
        services.resume_play(runtime, workspace_id, play, actor=ACTOR)
    click.echo(f"Goes on: {play}.")
