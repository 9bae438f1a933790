"""When an endpoint that keeps failing is left alone, and for how long. Messages to it wait meanwhile; none is dropped.

Closed: messages go. After `OPENS_AFTER` failures in a row it opens: nothing goes before `retry_at`, then one
message tries it. A success closes it; another failure opens it for longer. After five days of nothing but
failures, or when the endpoint itself says that it is gone, it is switched off until a person switches it on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

OPENS_AFTER = 5
PAUSES = (60, 300, 900, 3_600)  # seconds; the last one repeats
GIVES_UP = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has answered of late. `failures` are in a row, whatever delivery they were of."""

    failures: int = 0
    failing_since: datetime | None = None
    retry_at: datetime | None = None  # nothing goes before; None = closed
    disabled_at: datetime | None = None
    disabled_why: str = ""

    @property
    def is_open(self) -> bool:
        """Whether messages wait for `retry_at`."""
        return self.retry_at is not None


def after_failure(
    health: Health, now: datetime, *, after_seconds: int | None = None, gone: bool = False
) -> Health:
    """The health after one more failure. `after_seconds` is when the endpoint asked to be called again; `gone`:
    it asked never to be."""
    failures, since = health.failures + 1, health.failing_since or now
    failed = replace(health, failures=failures, failing_since=since, retry_at=None)
    if gone:
        return replace(failed, disabled_at=now, disabled_why="it answered 410: do not call again")
    if now - since >= GIVES_UP:
        return replace(failed, disabled_at=now, disabled_why="it has only failed for five days")
    pause = after_seconds or 0
    if failures >= OPENS_AFTER:
        pause = max(pause, PAUSES[min(failures - OPENS_AFTER, len(PAUSES) - 1)])
    return replace(failed, retry_at=now + timedelta(seconds=pause)) if pause else failed


def after_success() -> Health:
    """One good answer and everything is forgotten."""
    return Health()
