"""The words of notices about tasks. What customers and colleagues wrote stands in them as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from waypost_server.channels.templating import escaped
from waypost_server.services.runtime import Runtime
from waypost_server.store.tables import Task

SHOWN = 20  # tasks a notice names


@dataclass(frozen=True, slots=True)
class Item:
    """A task and what its account is called."""

    task: Task
    account_name: str


def new_tasks(runtime: Runtime, items: Sequence[Item], zone: tzinfo) -> tuple[str, str]:
    """(subject, Markdown body) for the person who got them."""
    return _headed(items, "new task"), _list(runtime, items, zone)


def late_tasks(runtime: Runtime, items: Sequence[Item], zone: tzinfo) -> tuple[str, str]:
    """(subject, Markdown body) for the lead."""
    return _headed(items, "overdue task"), _list(runtime, items, zone)


def digest(
    runtime: Runtime, items: Sequence[Item], zone: tzinfo, *, midnight: datetime, held: int
) -> tuple[str, str]:
    """(subject, Markdown body) of a morning; `midnight` ends the day, `held` counts what waits for room."""
    now = runtime.clock()
    parts = {
        "overdue": [each for each in items if each.task.due_at < now],
        "due today": [each for each in items if now <= each.task.due_at < midnight],
        "later": [each for each in items if each.task.due_at >= midnight],
    }
    counts = [f"{len(found)} {name}" for name, found in parts.items() if found]
    body = [
        f"### {name.capitalize()}\n\n{_list(runtime, found, zone)}" for name, found in parts.items() if found
    ]
    if held:
        body.append(f"{held} less urgent held back until there is room.")
    return "Your tasks: " + ", ".join(counts), "\n\n".join(body)


def _headed(items: Sequence[Item], what: str) -> str:
    if len(items) == 1:
        (only,) = items
        return " ".join(f"{what.capitalize()}: {only.account_name}: {only.task.title}".split())[:200]
    return f"{len(items)} {what}s"


def _list(runtime: Runtime, items: Sequence[Item], zone: tzinfo) -> str:
    lines = [_line(runtime, each, zone) for each in items[:SHOWN]]
    if len(items) > SHOWN:
        lines.append(f"- and {len(items) - SHOWN} more in [the queue]({runtime.base_url}/console/queue)")
    return "\n".join(lines)


def _line(runtime: Runtime, item: Item, zone: tzinfo) -> str:
    task = item.task
    due = task.due_at.astimezone(zone)
    url = f"{runtime.base_url}/console/tasks/{task.id}"
    words = str(task.evidence.get("words") or "")[:300]
    line = f"- **{escaped(item.account_name)}**: [{escaped(task.title)}]({url}), due {due:%a %b} {due.day}."
    return f"{line} {escaped(words)}" if words else line
