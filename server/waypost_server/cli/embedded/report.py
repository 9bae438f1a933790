"""What `waypost run` says once everything answers: a table for people, a file for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from waypost_server.cli.embedded.folder import Folder, write_private
from waypost_server.cli.embedded.prepare import Prepared


def ready(prepared: Prepared, url: str, demo_url: str | None, pids: dict[str, int]) -> dict[str, Any]:
    """The facts of this run, as the ready file holds them."""
    facts: dict[str, Any] = {
        "url": url,
        "login_url": prepared.login_url,
        "public_key": prepared.public_key,
        "secret_key": prepared.secret_key,
        "workspace": prepared.workspace,
        "pids": pids,
    }
    return {**facts, "demo_url": demo_url} if demo_url else facts


def write_ready_file(path: Path, facts: dict[str, Any]) -> None:
    """Write the file at once, readable by its owner only: it holds keys."""
    write_private(path.absolute(), json.dumps(facts, indent=2) + "\n")


def print_table(facts: dict[str, Any], folder: Folder, seconds: float) -> None:
    """Print where everything is. Lines are never folded, so that links stay whole."""
    from rich.console import Console
    from rich.text import Text

    url = facts["url"]
    rows = [
        ("Console, log in once with", facts["login_url"]),
        ("Demo product", facts.get("demo_url")),
        ("API", f"{url}/v1"),
        ("API documentation", f"{url}/v1/docs"),
        ("Browser SDK", f"{url}/sdk/waypost.js"),
        ("Workspace", facts["workspace"]),
        ("Public key (pages)", facts["public_key"]),
        ("Secret key (servers)", facts["secret_key"]),
        ("Data", str(folder.path)),
        ("Mailbox", str(folder.mailbox)),
        ("Logs", str(folder.logs)),
    ]
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"\nWaypost is ready after {seconds:.1f} s. Stop it with Ctrl-C.\n", style="bold"))
    for name, value in rows:
        if value:
            console.print(Text.assemble((f"{name:<27}", "dim"), value))
    console.print()
