"""`waypost run`: everything on this machine from one command."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from waypost_server.cli.embedded.folder import DEFAULT


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=DEFAULT, show_default=True, help="Data folder."
)
@click.option(
    "--port", default=7400, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one."
)
@click.option(
    "--nudges", type=click.Path(path_type=Path), help="Definitions folder [default: nudges, if there]."
)
@click.option("--demo", is_flag=True, help="Also start the demo product, and tell its story.")
@click.option("--story/--no-story", default=True, help="With --demo: tell what happens.", show_default=True)
@click.option(
    "--ready-file", type=click.Path(path_type=Path), help="Write addresses, keys and pids here when ready."
)
@click.option("--open/--no-open", "open_browser", default=False, help="Open the console in a browser.")
def run(
    data: Path,
    port: int,
    nudges: Path | None,
    *,
    demo: bool,
    story: bool,
    ready_file: Path | None,
    open_browser: bool,
) -> None:
    """Start web, worker, Valkey and SQLite in one process tree, and stop them together.

    Everything is kept in the data folder; starting again on it continues. Not for production: see
    docs/operations.md.
    """
    from waypost_server.cli.embedded.run import Options, run_tree

    began = time.monotonic()
    options = Options(
        data=data,
        port=port,
        nudges=nudges,
        demo=demo,
        story=story,
        ready_file=ready_file,
        open_browser=open_browser,
        began=began,
        environ=dict(os.environ),
    )
    sys.exit(run_tree(options))
