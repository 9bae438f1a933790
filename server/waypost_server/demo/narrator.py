"""The story as a short table, line by line as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

if TYPE_CHECKING:
    from waypost_server.demo.story import Place

Kind = Literal["events", "event", "nudge", "milestone", "mail", "task"]
WORDS: dict[Kind, str] = {
    "events": "Events accepted",
    "event": "Event accepted",
    "nudge": "Nudge shown",
    "milestone": "Milestone reached",
    "mail": "Mail sent",
    "task": "Task created",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, with what proves it: a row's id, or a count."""

    kind: Kind
    who: str
    why: str
    proof: dict[str, str | int] = field(default_factory=dict)


class Narrator:
    """Prints lines under three columns; a progress bar only where there is a terminal."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, highlight=False)
        self._said_head = False

    def say(self, line: Line) -> None:
        """Print one line of the table."""
        if not self._said_head:
            self._said_head = True
            self._row("Time", "What", "Who", "Why", style="dim")
        now = datetime.now(UTC).astimezone().strftime("%H:%M:%S")  # noqa: TID251 - the reader's clock
        self._row(now, WORDS[line.kind], line.who, line.why)

    def note(self, text: str) -> None:
        """Something beside the table."""
        self._console.print(Text(text, style="dim"))

    def links(self, place: Place) -> None:
        """Where to look now."""
        self._console.print()
        for label, url in (("Try the product", place.product), ("Console", f"{place.url}/console")):
            self._console.print(Text(f"  {label:<16}", style="dim"), Text(url), sep="", soft_wrap=True)
        self._console.print()

    def progress(self) -> Progress:
        """A bar for the import of the history."""
        return Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
                        console=self._console, transient=True, disable=not self._console.is_terminal)  # fmt: skip

    def _row(self, time: str, what: str, who: str, why: str, *, style: str = "") -> None:
        text = Text.assemble((f"  {time:<9}", "dim"), (f"{what:<18}", style or "bold green"), (f"{who:<36} ", style),
                             (why, style or "dim"))  # fmt: skip
        self._console.print(text, soft_wrap=True)
