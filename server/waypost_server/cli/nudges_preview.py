"""`waypost nudges preview`: a nudge's words on the terminal, with the numbers they were made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from waypost_server.cli.findings import FOLDER, print_findings, read_folder


@click.command()
@click.argument("key")
@FOLDER
@click.option(
    "--case", "case_name", help="As the person of this case would read it; the first case otherwise."
)
@click.option("--user", help="As this stored user would read it now.")
@click.option("--account", help="With --user: the account; the one last seen in otherwise.")
@click.option("--locale", help="A language such as pt-BR.")
@click.option("--workspace", "-w", help="With --user: workspace id; not needed when there is only one.")
def preview(
    key: str,
    folder: Path,
    case_name: str | None,
    user: str | None,
    account: str | None,
    locale: str | None,
    workspace: str | None,
) -> None:
    """Show the words of nudge KEY in FOLDER (default: nudges), and the numbers used."""
    from waypost_server.services.preview import for_case, for_user, render
    from waypost_server.services.releases import LiveRelease

    loaded = read_folder(folder)
    errors = [finding for finding in loaded.errors if finding.code not in ("case_failed", "empty_cell")]
    if errors:
        print_findings(errors, folder)
        raise SystemExit(1)
    release = LiveRelease(0, loaded.definitions)
    nudge = next((each for each in loaded.definitions.nudges if each.key == key), None)
    if nudge is None:
        raise click.ClickException(f"there is no nudge {key} in {folder}")
    if user is None:
        shown = render(release, nudge, for_case(release, nudge, case_name), locale)
    else:
        from waypost_server.cli.runtime import one_workspace, open_runtime

        with open_runtime() as runtime:
            workspace_id = one_workspace(runtime, workspace)
            shown = render(release, nudge, for_user(runtime, workspace_id, release, user, account), locale)
    for line in lines(shown.answer, shown.numbers):
        click.echo(line)


def lines(answer: dict[str, Any], numbers: dict[str, Any]) -> list[str]:
    """The nudge as text, then the values it was made from."""
    content = answer["content"]
    found = [click.style(content["title"], bold=True), *_blocks(content.get("body", []))]
    progress = content.get("progress")
    if progress:
        found.append(f"{progress['done']} of {progress['total']} done")
    for kind, pieces in (("tour", "steps"), ("checklist", "items"), ("survey", "questions")):
        for piece in answer.get(kind, {}).get(pieces, []):
            words = piece.get("content", piece)
            mark = {True: "✓ ", False: "○ "}.get(piece.get("done"), "- ")
            found += [f"{mark}{words['title']}", *(f"  {each}" for each in _blocks(words.get("body") or []))]
    found += [f"[{action['label']}]" for action in content.get("actions", [])]
    if content.get("why"):
        found.append(click.style(content["why"], dim=True))
    if numbers:
        found += ["", "Numbers used:"]
        width = max(len(path) for path in numbers)
        found += [f"  {path:<{width}}  {_said(value)}" for path, value in numbers.items()]
    return found


def _said(value: Any) -> str:
    return "missing: its line is left out, or a default stands in" if value is None else json.dumps(value)


def _blocks(nodes: list[Any]) -> list[str]:
    found = []
    for node in nodes:
        if node["t"] == "list":
            found += [f"- {_inline(item)}" for item in node["c"]]
        else:
            found.append(_inline(node["c"]))
    return found


def _inline(nodes: list[Any]) -> str:
    return "".join(
        "\n" if node["t"] == "br" else node["v"] if "v" in node else _inline(node["c"]) for node in nodes
    )
