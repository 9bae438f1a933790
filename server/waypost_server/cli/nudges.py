"""`waypost nudges`: write, check, try, plan and publish the files CS ops write."""

from __future__ import annotations

import importlib

import click

# name → the module below waypost_server.cli that holds it; imported only when the command runs
COMMANDS = {
    "new": "nudges_new",
    "validate": "nudges_check",
    "test": "nudges_check",
    "coverage": "nudges_check",
    "preview": "nudges_preview",
    "audience": "nudges_audience",
    "plan": "nudges_publish",
    "apply": "nudges_publish",
    "pull": "nudges_releases",
    "push": "nudges_drafts",
    "drafts": "nudges_drafts",
    "diff": "nudges_releases",
    "rollback": "nudges_releases",
    "rehearse": "rehearse",
    "schema": "nudges_schema",
}


class Nudges(click.Group):
    """Finds subcommands by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *(name for name in super().list_commands(ctx) if name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"waypost_server.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return command


@click.group(cls=Nudges)
def nudges() -> None:
    """Write, check, try, plan and publish nudges, plays and templates."""
