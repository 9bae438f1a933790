"""`waypost demo`: the demo product, its story, and a run of both that checks itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from waypost_server.demo.narrator import Line

START_SECONDS = 60.0


@click.group(invoke_without_command=True)
@click.option(
    "--once", is_flag=True, help="Run everything headless in a temporary folder, check each line, and exit."
)
@click.option(
    "--screenshot", type=click.Path(path_type=Path), help="Save what the user saw (needs Chromium)."
)
@click.pass_context
def demo(context: click.Context, once: bool, screenshot: Path | None) -> None:
    """The demo product and its story. `waypost run --demo` starts both and keeps them up."""
    if context.invoked_subcommand is not None:
        return
    if not once:
        raise click.UsageError(
            "Say `waypost demo --once` for a run that checks itself, or `waypost run --demo`."
        )
    sys.exit(run_once(screenshot))


@demo.command()
@click.option("--port", type=int, required=True)
def product(port: int) -> None:
    """Serve Acme Automations (what `waypost run --demo` starts)."""
    import logging

    from werkzeug.serving import make_server

    from waypost_server.demo.product import create_product

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    make_server("127.0.0.1", port, create_product(), threaded=True).serve_forever()


@demo.command()
@click.option("--follow", is_flag=True, help="Go on telling what happens until stopped.")
def story(follow: bool) -> None:
    """Tell the story of a running Waypost (what `waypost run --demo` starts)."""
    from waypost_server.demo import story as telling
    from waypost_server.demo.narrator import Narrator

    place = telling.Place.from_env(os.environ)
    narrator = Narrator(sys.stdout)
    try:
        lines = telling.tell(place, narrator)
    except telling.StoryError as error:
        raise click.ClickException(f"The story stopped: {error}. The logs are in the data folder.") from error
    narrator.links(place)
    if follow:
        telling.follow(place, narrator, lines)


def run_once(screenshot: Path | None) -> int:
    """Start a whole Waypost in a temporary folder, tell the story, check every line. 0 when all hold."""
    with tempfile.TemporaryDirectory(prefix="waypost-demo-") as folder:
        ready_file = Path(folder) / "ready.json"
        arguments = [sys.executable, "-m", "waypost_server.cli", "run", "--demo", "--no-story", "--port", "0"]
        arguments += ["--data", f"{folder}/data", "--ready-file", str(ready_file)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYPOST_")}
        process = subprocess.Popen(
            arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            ready = _wait_until_ready(process, ready_file)
            return _tell_and_check(ready, Path(folder) / "data" / "waypost.db", screenshot)
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(process: subprocess.Popen[bytes], ready_file: Path) -> dict[str, Any]:
    import time

    deadline = time.monotonic() + START_SECONDS
    while not ready_file.exists():
        if process.poll() is not None:
            said = process.stdout.read().decode() if process.stdout else ""
            raise click.ClickException(f"Waypost did not start.\n{said}")
        if time.monotonic() > deadline:
            raise click.ClickException(f"Waypost was not ready after {START_SECONDS:.0f} s.")
        time.sleep(0.05)
    ready: dict[str, Any] = json.loads(ready_file.read_text())
    return ready


def _tell_and_check(ready: dict[str, Any], database: Path, screenshot: Path | None) -> int:
    from waypost_server.demo.narrator import Narrator
    from waypost_server.demo.story import Place, StoryError, tell

    try:
        lines = tell(Place.from_ready(ready), Narrator(sys.stdout), screenshot=screenshot)
    except StoryError as error:
        click.echo(f"  failed: {error}", err=True)
        return 1
    wrong = [line for line in lines if not is_true(line, database, ready["workspace"])]
    for line in wrong:
        click.echo(f"  not in the database: {line.kind} {line.proof}", err=True)
    click.echo(f"  {len(lines) - len(wrong)} of {len(lines)} lines hold in the database.")
    return 1 if wrong else 0


# What must be found in the database for each kind of line; :names are the line's proof.
PROOFS = {
    "events": "select sum(accepted) >= :count from ingest_day where workspace_id = :ws",
    "event": "select count(*) >= 1 from event where workspace_id = :ws and user_id = :user and name = :name",
    "nudge": "select count(*) = 1 from offer where workspace_id = :ws and id = :id and shown_at is not null",
    "milestone": "select count(*) = 1 from milestone_state where workspace_id = :ws and account_id = :account "
    "and user_id = '' and milestone = :milestone and reached_at is not null",
    "mail": "select count(*) = 1 from delivery join account on account.workspace_id = delivery.workspace_id and "
    "account.id = delivery.account_id where delivery.workspace_id = :ws and delivery.id = :id "
    "and delivery.state = 'sent' and delivery.channel = 'email' and account.motion = 'long_tail'",
    "task": "select count(*) = 1 from task join account on account.workspace_id = task.workspace_id and "
    "account.id = task.account_id where task.workspace_id = :ws and task.id = :id and task.owner is not null "
    "and task.draft <> '' and account.motion = 'strategic'",
}


def is_true(line: Line, database: Path, workspace_id: str) -> bool:
    """Whether the database holds what the line says."""
    from sqlalchemy import text

    from waypost_server.store.database import Database, open_engine

    store = Database(open_engine(f"sqlite:///{database}"))
    with store.read() as session:
        return bool(session.scalar(text(PROOFS[line.kind]), {**line.proof, "ws": workspace_id}))
