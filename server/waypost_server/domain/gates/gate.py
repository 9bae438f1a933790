"""What a gate is, and how the numbers of all gates write a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.history import Situation

Holds = Callable[[CompiledNudge, Situation], bool]
Numbers = Callable[[CompiledNudge, Situation], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Gate:
    """`holds` answers fast; `numbers` tells what it looked at, for whoever asks why."""

    reason: str
    holds: Holds
    numbers: Numbers


def time_text(value: datetime | None) -> str | None:
    """A time as the API writes it."""
    return value.isoformat().replace("+00:00", "Z") if value else None
