"""`waypost stop-run`: end a run of a play that should not go on."""

from __future__ import annotations

import click


@click.command("stop-run")
@click.argument("run_id")
@click.option("--reason", required=True, help="Why, in a few words; it is kept in the run's story.")
@click.option("--workspace", "-w", help="Workspace id; not needed when there is only one.")
def stop_run(run_id: str, reason: str, workspace: str | None) -> None:
    """Stop RUN_ID for good. What it has queued is not sent; nudges it handed out are taken back."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.cancel_run import cancel_run

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        run = cancel_run(runtime, workspace_id, run_id, actor="command line", reason=reason)
    click.echo(f"Stopped: {run.play} for {run.account_id}.")
