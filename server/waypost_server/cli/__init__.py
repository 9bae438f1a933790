"""The `waypost` command. Each command's module is imported only when that command runs, so start-up is quick."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

# name → (module below waypost_server.cli, attribute, one line of help)
COMMANDS = {
    "run": ("run", "run", "Start everything on this machine: web, worker, Valkey and SQLite."),
    "web": ("web", "web", "Serve the API and the console (production)."),
    "worker": ("worker", "worker", "Evaluate accounts, advance plays and send (production)."),
    "db": ("db", "db", "Bring the database to this version's schema."),
    "workspace": ("workspaces", "workspace", "Create and list workspaces."),
    "key": ("keys", "key", "Create, list and revoke API keys."),
    "user": ("console_users", "user", "Create and list people who log into the console."),
    "nudges": ("nudges", "nudges", "Validate, rehearse and publish the definitions in nudges/."),
    "explain": ("explain", "explain", "Say why a user sees a nudge, or does not."),
    "start-play": ("start_play", "start_play", "Start a play for an account or a user."),
    "start-many": ("start_many", "start_many", "Start a play for every account that satisfies a condition."),
    "stop-sending": ("sending", "stop_sending", "Stop everything that leaves the building."),
    "resume-sending": ("sending", "resume_sending", "Let what was stopped go on."),
    "accept-secret": ("accept_secret", "accept_secret", "Go on with another WAYPOST_SECRET."),
    "stop-run": ("change_run", "stop_run", "Stop a run of a play for good."),
    "pause-run": ("change_run", "pause_run", "Hold a run of a play where it stands."),
    "resume-run": ("change_run", "resume_run", "Let a paused run go on."),
    "retry-run": ("change_run", "retry_run", "Take a failed run up again."),
    "retry-account": ("retry_account", "retry_account", "Look again at an account that was parked."),
    "pause-play": ("pause_play", "pause_play", "Pause a play and all its runs."),
    "resume-play": ("pause_play", "resume_play", "Let a paused play go on."),
    "resend": ("resend", "resend", "Send a message again that failed, or that a receiver lost."),
    "bounces": ("bounces", "bounces", "Read what mail servers sent back out of a mailbox."),
    "endpoint": ("endpoints", "endpoint", "Look at, try and switch webhooks and chat rooms."),
    "motion": ("motion", "motion", "Serve an account differently for a while."),
    "owner": ("owner", "owner", "Name who looks after an account."),
    "workshop": ("workshop", "workshop", "Say when workshops take place, and who came."),
    "contact": ("contact", "contact", "Log a call, meeting or message with a customer."),
    "adoption": ("adoption", "adoption", "Show who is adopted, and where the gap is."),
    "doctor": ("doctor", "doctor", "Check database, Redis, clock and mail from this machine."),
    "fsck": ("fsck", "fsck", "Check the stored data against the rules it must keep."),
    "demo": ("demo", "demo", "The demo product and its story."),
}


class Root(click.Group):
    """Finds commands by name, and turns expected errors into one clear line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"waypost_server.cli.{entry[0]}")
        command: click.Command = getattr(module, entry[1])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry[2]) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        from waypost_server.cli.failures import one_line

        try:
            return super().invoke(ctx)
        except Exception as error:  # the outermost boundary: expected kinds only, the rest is raised again
            line = one_line(error)
            if line is None:
                raise
            raise click.ClickException(line) from error


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="waypost-server", message="waypost %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Waypost: product adoption after onboarding.

    Commands other than run work on WAYPOST_DATABASE_URL; without it, on the folder that `waypost run` made here
    (.waypost, or the one WAYPOST_DATA names).
    """
    if ctx.invoked_subcommand != "run" and "--help" not in sys.argv:
        from waypost_server.cli.embedded.folder import adopt

        adopt()
