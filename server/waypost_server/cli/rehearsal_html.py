"""A rehearsal as one HTML file that needs nothing else: plots, tables, words. It looks like the console."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from waypost_server.console.charts import bars, progress
from waypost_server.services.rehearsal_figures import Rehearsal

TEMPLATES = Path(__file__).parent / "templates"
CSS = Path(__file__).parent.parent / "console" / "static" / "console.css"


def page(found: Rehearsal, folder: str) -> str:
    """The report. All text is escaped: names come from definitions and from customers."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    environment.filters["day"] = lambda day: f"{day:%b} {day.day}"
    return environment.get_template("rehearsal.html").render(
        found=found,
        folder=folder,
        css=Markup(_css()),
        shown=_per_day(found, "shown"),
        sent=_per_day(found, "sent"),
        rail=progress,
        weeks=_weeks(found.tasks),
        total={name: sum(getattr(day, name) for day in found.days) for name in ("shown", "sent", "tasks")},
        most=max((each.shown for each in found.nudges), default=0),
    )


def _css() -> str:
    """The console's style without its font files, which are not in this file."""
    text = CSS.read_text(encoding="utf-8")
    return text[text.index(":root") :]


def _per_day(found: Rehearsal, what: str) -> Markup:
    days = [
        (f"{day.day:%b} {day.day.day}: {getattr(day, what):,}", getattr(day, what), 0) for day in found.days
    ]
    words = "Nudges shown" if what == "shown" else "Messages sent"
    return bars(days, f"{words} per day, {found.first} to {found.last}")


def _weeks(tasks: Mapping[str, Mapping[date, int]]) -> list[date]:
    return sorted({week for weeks in tasks.values() for week in weeks})
