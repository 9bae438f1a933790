"""Where a list goes on: the last row's place, opaque in the URL. A broken one starts at the top."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

PAGE = 50


def write(*parts: Any) -> str:
    """A cursor for the URL."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read(text: str | None, *kinds: type) -> list[Any] | None:
    """The parts of a cursor, when it has exactly these types."""
    if not text or len(text) > 2000:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != len(kinds):
        return None
    return parts if all(_fits(part, kind) for part, kind in zip(parts, kinds, strict=True)) else None


def _fits(part: Any, kind: type) -> bool:
    if type(part) is not kind:
        return False
    if isinstance(part, int):
        return abs(part) < 2**62
    return "\x00" not in part if isinstance(part, str) else True


def split(rows: Sequence[Any], limit: int = PAGE) -> tuple[Sequence[Any], bool]:
    """Rows were asked for with one too many: the page, and whether more follow."""
    return rows[:limit], len(rows) > limit
