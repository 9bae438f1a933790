"""`waypost stop-run`, `pause-run`, `resume-run` and `retry-run`: what a person may do to a run of a play."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from waypost_server.cli.opened import ACTOR, opened
from waypost_server.cli.options import reason_option, workspace_option


def _change(workspace: str | None, deed: Callable[..., Any], run_id: str, **more: str) -> Any:
    with opened(workspace) as (runtime, workspace_id):
        return deed(runtime, workspace_id, run_id, actor=ACTOR, **more)


@click.command("stop-run")
@click.argument("run_id")
@reason_option
@workspace_option
def stop_run(run_id: str, reason: str, workspace: str | None) -> None:
    """Stop RUN_ID for good. What it has queued is not sent; nudges it handed out are taken back."""
    from waypost_server.services.cancel_run import cancel_run

    run = _change(workspace, cancel_run, run_id, reason=reason)
    click.echo(f"Stopped: {run.play} for {run.account_id}.")


@click.command("pause-run")
@click.argument("run_id")
@reason_option
@workspace_option
def pause_run(run_id: str, reason: str, workspace: str | None) -> None:
    """Hold RUN_ID where it stands, until `waypost resume-run`."""
    from waypost_server.services import change_run

    run = _change(workspace, change_run.pause_run, run_id, reason=reason)
    click.echo(f"Paused: {run.play} for {run.account_id}. Let it go on with: waypost resume-run {run.id}")


@click.command("resume-run")
@click.argument("run_id")
@workspace_option
def resume_run(run_id: str, workspace: str | None) -> None:
    """Let a paused RUN_ID go on."""
    from waypost_server.services import change_run

    run = _change(workspace, change_run.resume_run, run_id)
    click.echo(f"Goes on: {run.play} for {run.account_id}.")


@click.command("retry-run")
@click.argument("run_id")
@workspace_option
def retry_run(run_id: str, workspace: str | None) -> None:
    """Take RUN_ID, which failed, up again at the step it failed at."""
    from waypost_server.services import change_run

    run = _change(workspace, change_run.retry_run, run_id)
    click.echo(f"Tries again: {run.play} for {run.account_id}, step {run.step + 1}.")
