"""How a run's story names people, days and words that are sent, for somebody who does not know the files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from waypost_server.domain.definitions import Definitions
from waypost_server.domain.local_day import day_of, spoken
from waypost_server.services.play_run_context import RunContext

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def listed(names: Sequence[str]) -> str:
    """ "Ada", "Ada and Bruno", "Ada, Bruno and Carla"."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def day(context: RunContext, at: datetime) -> str:
    """ "Nov 30", in the time zone of the run's subject."""
    return spoken(day_of(at, context.tz), day_of(context.now, context.tz))


def title_of(definitions: Definitions, template: str) -> str:
    """The subject of a template in quotes, with "…" where each reader's own words stand."""
    found = definitions.templates.get(template)
    return f"“{_PLACEHOLDER.sub('…', found.subject)}”" if found else template


def nudge_title(definitions: Definitions, nudge: str) -> str:
    """The title of a nudge in quotes."""
    return next((f"“{each.title}”" for each in definitions.nudges if each.key == nudge), nudge)


def workshop_title(definitions: Definitions, workshop: str) -> str:
    """The title of a workshop in quotes."""
    return next((f"“{each.title}”" for each in definitions.workshops if each.key == workshop), workshop)
