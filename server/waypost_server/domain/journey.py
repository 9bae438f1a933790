"""Where an account is on its journey."""

from __future__ import annotations

from collections.abc import Iterable

from .definitions import Phase


def phase_at(phases: Iterable[Phase], age: int) -> str | None:
    """The phase of an account first seen `age` days ago; None outside all of them."""
    for phase in phases:
        if phase.start_day <= age and (phase.end_day is None or age < phase.end_day):
            return phase.key
    return None
