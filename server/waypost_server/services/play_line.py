"""One line of a run's story, as a step says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Line:
    """What a step did, in words, and what the run must remember of it."""

    outcome: Literal["done", "skipped", "held", "failed"]
    note: str
    detail: dict[str, Any] = field(default_factory=dict)
