"""A nudge's funnel as lines of text: a bar for each gate that stops anybody, and who some of them are."""

from __future__ import annotations

from typing import Any

import click

WIDTH = 30  # columns of the longest bar


def lines(found: dict[str, Any]) -> list[str]:
    """The funnel of `services.funnel`, as a document, in text."""
    users, eligible = found["users"], found["eligible"]
    shown = [f"{found['nudge']}, release {found['release']}: {_share(eligible, users)} may see it now"]
    if not users:
        return [*shown, "  Nobody was seen in this workspace yet."]
    if not found["exact"]:
        shown.append(
            f"  Estimated from {found['lookedAt']:,} users; the true number is in the brackets 95 times in 100."
        )
    if found.get("unknown"):
        shown.append(
            f"  {', '.join(found['unknown'])}: no page was named (--page), so only those pass the audience for whom it "
            "holds on every page."
        )
    parts = [each for each in found["gates"] if each["users"]]
    for each in parts:
        shown += _part(each["gate"], each, found, "yellow")
    shown += _part("may see it", eligible, found, "green")
    if found["leaves"]:
        shown.append("  audience, each comparison alone")
        shown += [
            f"    {each['expected']:>4.0%} pass  {each['path']} {each['operator']} {each['wanted']!r}"
            for each in found["leaves"]
        ]
    return shown


def _part(name: str, part: dict[str, Any], found: dict[str, Any], colour: str) -> list[str]:
    filled = round(WIDTH * part["users"] / found["users"])
    bar = click.style("█" * filled, fg=colour) + "·" * (WIDTH - filled)
    between = "" if found["exact"] else f"  [{part['low']:,} to {part['high']:,}]"
    line = f"  {name:<17} {bar} {part['users']:>7,}  {part['users'] / found['users']:>4.0%}{between}"
    who = ", ".join(f"{each['userId']} ({each['accountId'] or 'no account'})" for each in part["samples"])
    return [line, f"      such as {who}"] if who else [line]


def _share(part: dict[str, Any], users: int) -> str:
    return f"{part['users']:,} of {users:,} user{'' if users == 1 else 's'}"
