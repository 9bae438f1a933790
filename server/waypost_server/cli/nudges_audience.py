"""`waypost nudges audience`: how many people a condition, or a nudge, would reach now."""

from __future__ import annotations

import json
from typing import Any

import click

from waypost_server.cli.nudges_check import JSON
from waypost_server.cli.page_options import page_options
from waypost_server.cli.target import target, where
from waypost_server.domain.page import Page


@click.command()
@click.argument("nudge", required=False)
@click.option("--condition", help="A condition as YAML or JSON, for example '{user.role: admin}'.")
@page_options
@where
@JSON
def audience(
    nudge: str | None,
    condition: str | None,
    workspace_id: str | None,
    host: str | None,
    key: str | None,
    as_json: bool,
    page: Page | None,
) -> None:
    """Count who satisfies the audience of NUDGE, or --condition, now.

    Where there are many people, an estimate from a sample comes first.
    """
    if (nudge is None) == (condition is None):
        raise click.UsageError("Name a nudge, or give --condition '{user.role: admin}'.")
    document = _read(condition) if condition is not None else None
    with target(workspace_id, host, key) as chosen:
        if not as_json:
            first = chosen.audience(document, nudge, page, at_once=True)
            click.echo(sentence(first))
            if first["exact"]:
                return
        found = chosen.audience(document, nudge, page)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif found["exact"]:
        click.echo(f"Counted: {sentence(found)}")
    else:
        click.echo("Counting everybody would take too long, so the estimate stands.")


def sentence(found: dict[str, Any]) -> str:
    """The estimate in words."""
    of = f"of {found['ofUsers']:,} users"
    unknown = ", ".join(found.get("unknown", ()))
    pages = (
        f" {unknown}: no page was named (--page), so counted is who matches on some page." if unknown else ""
    )
    if found["exact"]:
        return f"{found['users']:,} {of}, in {found['accounts']:,} accounts.{pages}"
    return (
        f"About {found['users']:,} {of}: between {found['low']:,} and {found['high']:,} (95 % sure), "
        f"from a random sample of {found['lookedAt']:,}.{pages}"
    )


def _read(text: str) -> dict[str, Any]:
    from waypost_server.definitions.strict_yaml import YamlProblemError, read

    try:
        data = read("--condition", text).data
    except YamlProblemError as error:
        line, column = error.position
        problem = error.problem
        raise click.UsageError(
            f"--condition, line {line}, column {column}: {problem.message}. {problem.remedy}."
        ) from None
    if not isinstance(data, dict):
        raise click.UsageError("--condition is a set of facts, for example '{user.role: admin}'.")
    return data
