"""`waypost adoption`: who is adopted, what is missing, and where the largest gap is, on a terminal."""

from __future__ import annotations

import json
from typing import Any

import click

from waypost_server.cli.options import workspace_option

BAR = 20
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def adoption() -> None:
    """What adopted means, how far accounts are from it, and what comes next."""


@adoption.command()
@click.option("--segment", help="Only this segment.")
@workspace_option
@json_option
def gap(segment: str | None, workspace: str | None, as_json: bool) -> None:
    """Show how many accounts of each segment meet each behaviour, the largest gap first."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.adoption_report import gap as ask

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        with runtime.db.read() as session:
            found = ask(session, runtime, workspace_id, segment)
    if as_json:
        cells = [{**_fields(each), "share": round(each.share, 4)} for each in found.cells]
        click.echo(json.dumps({"version": found.version, "cells": cells, "states": found.states}, indent=2))
        return
    for line in gap_lines(found):
        click.echo(line)


@adoption.command()
@click.argument("account")
@workspace_option
@json_option
def score(account: str, workspace: str | None, as_json: bool) -> None:
    """Show how far ACCOUNT is, behaviour by behaviour, and its next best step."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.domain.adoption import as_json as findings_of
    from waypost_server.services.adoption_report import report_of

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        with runtime.db.read() as session:
            found = report_of(session, runtime, workspace_id, account)
    behaviours = findings_of(found.assessment) if found.assessment else []
    if as_json:
        step = _fields(found.next_step) if found.next_step else None
        state = found.assessment.state if found.assessment else None
        answer = {"account": account, "version": found.version, "state": state, "behaviours": behaviours}
        click.echo(json.dumps({**answer, "nextStep": step}, indent=2))
        return
    for line in score_lines(found, behaviours):
        click.echo(line)


@adoption.command("next")
@click.argument("user")
@click.option("--account", help="The account; the one the user was last seen in otherwise.")
@workspace_option
def next_step(user: str, account: str | None, workspace: str | None) -> None:
    """Say what USER should do next, and why."""
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.services.adoption_report import person_next_step

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        with runtime.db.read() as session:
            where, step = person_next_step(session, runtime, workspace_id, user, account)
    click.echo(f"{user} in {where}: {_step(step)}")


def gap_lines(found: Any) -> list[str]:
    """The matrix as lines of text."""
    if not found.cells:
        return ["Nothing says what adopted means: write adoption.yaml and publish it."]
    lines = []
    for segment, states in sorted(found.states.items()):
        told = ", ".join(f"{count} {'not yet' if name == 'not' else name}" for name, count in states.items())
        lines.append(f"{segment}: {sum(states.values())} accounts, {told}")
    width = max(len(each.title) for each in found.cells)
    for each in found.cells:
        full = round(each.share * BAR)
        bar = "█" * full + "·" * (BAR - full)
        lines.append(
            f"  {each.title:<{width}}  {bar} {each.share:4.0%}  {each.met} of {each.accounts}  {each.segment}"
        )
    return lines


def score_lines(found: Any, behaviours: list[dict[str, Any]]) -> list[str]:
    """One account as lines of text."""
    if found.assessment is None:
        return [f"{found.account_id}: nothing says what adopted means for its segment"]
    state = {"adopted": "adopted", "partial": "partly adopted", "not": "not adopted yet"}[
        found.assessment.state
    ]
    head = (
        f"{found.account_id}: {state}, {found.assessment.score:.0%} of the weight (version {found.version})"
    )
    width = max(len(each["title"]) for each in behaviours)
    lines = [
        f"  {'✓' if each['met'] else '○'} {each['title']:<{width}}  {each['words']}" for each in behaviours
    ]
    return [head, *lines, f"  Next: {_step(found.next_step)}"]


def _step(step: Any) -> str:
    if step is None:
        return "nothing is missing"
    served = f"; served by {', '.join(step.served_by)}" if step.served_by else ""
    return f"{step.title} ({step.reason}{served})"


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}
