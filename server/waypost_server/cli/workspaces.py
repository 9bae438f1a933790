"""`waypost workspace`: isolated environments."""

from __future__ import annotations

import click


@click.group()
def workspace() -> None:
    """Create and list workspaces."""


@workspace.command()
@click.argument("workspace_id")
@click.option("--name", help="Shown in the console; the id otherwise.")
@click.option(
    "--mode", type=click.Choice(["development", "production"]), default="production", show_default=True
)
@click.option("--timezone", default="UTC", show_default=True, help="Days and quiet hours follow it.")
def create(workspace_id: str, name: str | None, mode: str, timezone: str) -> None:
    """Make a workspace. A production one takes browser calls only with signed user tokens."""
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.services.workspaces import create_workspace

    with open_runtime() as runtime:
        create_workspace(
            runtime, workspace_id, name=name or workspace_id, mode=mode, timezone=timezone, actor="cli"
        )
    click.echo(f"Workspace {workspace_id} is ready. Next: waypost key create secret --name backend")


@workspace.command("list")
def list_workspaces() -> None:
    """List workspaces: id, mode, time zone, name."""
    from waypost_server.cli.runtime import open_runtime
    from waypost_server.store import workspaces

    with open_runtime() as runtime, runtime.db.read() as session:
        found = workspaces.every(session)
    for each in found:
        click.echo(f"{each.id:<24} {each.mode:<12} {each.timezone:<20} {each.name}")
