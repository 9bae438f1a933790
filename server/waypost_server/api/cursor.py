"""Where a list goes on, as an opaque text: the key of the last row seen."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from typing import Any

from waypost_server.domain.errors import BadInputError

LIMIT = 4096


def encode(key: tuple[Any, ...] | None) -> str | None:
    """The text for a key; None at the end of a list."""
    if key is None:
        return None
    plain = [value.isoformat() if isinstance(value, date) else value for value in key]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str | None, kinds: tuple[type, ...]) -> tuple[Any, ...] | None:
    """The key in a text; `kinds` are str, int, date or datetime. Raises BadInputError when it is not one of ours."""
    if text is None:
        return None
    try:
        if len(text) > LIMIT:
            raise ValueError
        values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if not isinstance(values, list) or len(values) != len(kinds):
            raise ValueError
        return tuple(_value(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, RecursionError) as error:
        raise BadInputError(
            "This cursor is not one of this list. Start again without it.", code="bad_cursor"
        ) from error


def _value(value: Any, kind: type) -> Any:
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    if kind is datetime and isinstance(value, str) and (moment := datetime.fromisoformat(value)).tzinfo:
        return moment
    if kind is int and type(value) is int and abs(value) < 2**63:
        return value
    if kind is str and isinstance(value, str) and "\x00" not in value and value.isprintable():
        value.encode()  # a lone surrogate is a ValueError here
        return value
    raise ValueError
