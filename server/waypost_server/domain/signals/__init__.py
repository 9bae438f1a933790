"""Detectors: pure functions from counts and dates to findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a detector noticed about an account (or a user of it), with its evidence."""

    kind: str
    dedupe_key: str
    severity: float  # 0..1
    since: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
    user_id: str = ""
    milestone: str | None = None
    stale: str = ""  # not empty: too old to act on by itself, and why


def dedupe_key(kind: str, account_id: str, *parts: str) -> str:
    """One open signal per kind, account and thing it is about."""
    return ":".join((kind, account_id, *(part for part in parts if part)))
