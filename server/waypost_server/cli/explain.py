"""`waypost explain`: why a user sees a nudge, or does not, now or at a moment; and how many a nudge reaches."""

from __future__ import annotations

import json
from typing import Any

import click

from waypost_server.cli.page_options import page_options
from waypost_server.domain.page import Page

COLOURS = {"eligible": "green", "held": "yellow"}
TRUTHS = {"true": "yes", "false": "no", "unknown": "unknown"}


@click.command()
@click.argument("user", required=False)
@click.option("--account", help="The account; the one the user was last seen in otherwise.")
@click.option("--nudge", help="Only this nudge, in full. Without USER: its funnel.")
@click.option("--at", "moment", help="As it was then: 2026-11-24T09:30:00Z. UTC if it names no zone.")
@page_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--workspace", "-w", help="Workspace id; not needed when there is only one.")
def explain(
    user: str | None,
    account: str | None,
    nudge: str | None,
    moment: str | None,
    page: Page | None,
    as_json: bool,
    workspace: str | None,
) -> None:
    """Say for every nudge whether USER may see it now, or could at a moment, and why not.

    Without USER, say how many users each gate of --nudge KEY stops, and name some of them.
    """
    from waypost_server.cli import funnel_text
    from waypost_server.cli.runtime import one_workspace, open_runtime
    from waypost_server.domain.clock_skew import parse_time
    from waypost_server.services.explain import explain as ask
    from waypost_server.services.funnel import funnel

    at = parse_time(moment) if moment else None
    if moment and at is None:
        raise click.ClickException(f"--at {moment}: write a time such as 2026-11-24T09:30:00Z.")

    if user is None and (nudge is None or account or moment):
        raise click.UsageError("Name a USER, or only a nudge (--nudge KEY) for its funnel, which is of now.")

    with open_runtime() as runtime:
        workspace_id = one_workspace(runtime, workspace)
        if user is None:
            found = funnel(runtime, workspace_id, str(nudge), page=page).as_json()
        else:
            found = ask(runtime, workspace_id, user, account, nudge, at=at, expected=True, page=page)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for line in funnel_text.lines(found) if user is None else lines(found, detailed=nudge is not None):
        click.echo(line)


def lines(found: dict[str, Any], *, detailed: bool) -> list[str]:
    """The explanation as lines of text."""
    where = f"account {found['accountId']}" if found["accountId"] else "no account"
    when = f", as of {found['at']}" if found.get("past") else ""
    shown = [f"{found['userId']}, {where}, release {found['release']}{when}"]
    if not found["nudges"]:
        return [*shown, f"  No nudge {'was' if found.get('past') else 'is'} published."]
    width = max(len(each["key"]) for each in found["nudges"])
    for each in found["nudges"]:
        place = f"{each['rank']}." if "rank" in each else "in the feed"
        reason = place if each["verdict"] == "eligible" else each["reason"]
        verdict = click.style(f"{each['verdict']:<8}", fg=COLOURS[each["verdict"]])
        shown.append(f"  {each['key']:<{width}}  {verdict}  {reason}")
        if detailed or each["verdict"] == "held":
            shown += _gates(each, detailed)
        else:
            shown += _settling(each)
        if detailed:
            shown += ["      audience", *_tree(each["audience"], "        ")]
        if detailed or each.get("where", {}).get("here") is False:
            shown += _place(each.get("where"))
    return [*shown, *(f"  Note: {each}" for each in found.get("unknowable", ()))]


def _settling(nudge: dict[str, Any]) -> list[str]:
    """What only a browser knows: in the first moments of a session it hears no, whatever is said here."""
    wait: dict[str, Any] = next(
        (gate["detail"] for gate in nudge["gates"] if gate["gate"] == "session_start"), {}
    )
    if not wait.get("settle_seconds") or wait.get("started_at"):
        return []
    return [f"      not in the first {wait['settle_seconds']} seconds of a session"]


def _place(where: dict[str, Any] | None) -> list[str]:
    """Whether the page belongs to the nudge: what the browser decides."""
    if where is None:
        return []
    word = {True: "yes", False: "NO"}.get(where.get("here"), "unknown")  # type: ignore[arg-type]  # None is no key
    return [f"      where path {where['path']}: {word if 'here' in where else 'unknown, name a --page'}"]


def _gates(nudge: dict[str, Any], detailed: bool) -> list[str]:
    gates = [gate for gate in nudge["gates"] if detailed or gate["gate"] == nudge["reason"]]
    return [_gate(gate, detailed) for gate in gates]


def _gate(gate: dict[str, Any], detailed: bool) -> str:
    numbers = {name: value for name, value in gate["detail"].items() if value not in (None, [], {})}
    if failed := numbers.pop("failed", None):
        numbers["failed"] = "; ".join(_leaf(leaf) for leaf in failed)
    said = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in numbers.items())
    if not detailed:
        return f"      {said}" if said else "      no numbers"
    word = click.style("pass", fg="green") if gate["passed"] else click.style("HELD", fg="yellow", bold=True)
    return f"      {word}  {gate['gate']:<17} {said}"


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " | ".join(_short(each) for each in value)
    if isinstance(value, dict):
        return " ".join(f"{name}={_short(each)}" for name, each in value.items())
    return str(value)


def _leaf(leaf: dict[str, Any]) -> str:
    return f"{leaf['path']} {leaf['operator']} {leaf['wanted']!r}, seen {leaf['seen']!r}"


def _tree(node: dict[str, Any], indent: str) -> list[str]:
    if "path" in node:
        told = f"{indent}{TRUTHS[node['truth']]:<7} {_leaf(node)}"
        return [f"{told}  ({node['expected']:.0%} of users pass)" if "expected" in node else told]
    inner = [line for child in node["children"] for line in _tree(child, indent + "  ")]
    return (
        [f"{indent}{TRUTHS[node['truth']]:<7} {node['operator']}", *inner]
        if inner
        else [f"{indent}everybody"]
    )
