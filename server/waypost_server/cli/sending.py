"""`waypost stop-sending` and `waypost resume-sending`: the operator's kill switch."""

from __future__ import annotations

import click

workspace_option = click.option(
    "--workspace", "-w", default="", help="Only this workspace; every one without it."
)


@click.command("stop-sending")
@click.option("--reason", required=True, help="Why, in a few words; shown in the console meanwhile.")
@workspace_option
def stop_sending(reason: str, workspace: str) -> None:
    """Stop everything that leaves the building, within seconds. Nothing is lost: it waits."""
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.services import stop_sending as service

    with open_runtime() as runtime:
        service.stop_sending(runtime, workspace, actor="command line", reason=reason)
    option = f" --workspace {workspace}" if workspace else ""
    click.echo(f"Stopped: {workspace or 'everything'}. Let it go on with: waypost resume-sending{option}")


@click.command("resume-sending")
@click.option("--end-waiting", is_flag=True, help="End what waited when it was stopped, rather than send it.")
@workspace_option
def resume_sending(workspace: str, end_waiting: bool) -> None:
    """Let it go on. What waited is checked once more and goes."""
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.services import stop_sending as service

    with open_runtime() as runtime:
        ended = service.resume_sending(runtime, workspace, actor="command line", end_waiting=end_waiting)
    click.echo(f"Going on: {workspace or 'everything'}." + (f" {ended:,} ended unsent." if ended else ""))
