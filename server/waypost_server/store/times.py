"""Times and days as textual statements write and read them.

SQLite keeps a time as naive UTC text, "YYYY-MM-DD HH:MM:SS.ffffff" (see `store.types.UtcDateTime`), and a day as
"YYYY-MM-DD"; PostgreSQL's driver gives aware times. msgspec writes a column of times in a seventh of the time that
`isoformat` takes, and `fromisoformat` reads an offset in a tenth of what adding the zone afterwards takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec

ZULU = len("2026-01-31T12:00:00.000000Z")
WHOLE_SECOND = len("2026-01-31T12:00:00Z")
NAIVE = len("2026-01-31 12:00:00.000000")
_encode = msgspec.json.Encoder().encode
_texts = msgspec.json.Decoder(list[str | None]).decode
day_text = lru_cache(maxsize=1024)(date.isoformat)


def time_text(at: datetime) -> str:
    """An aware time as SQLite keeps it."""
    text: str = msgspec.json.decode(_encode(at))
    return _naive(text) or at.astimezone(UTC).isoformat(" ", "microseconds")[:NAIVE]


def time_texts(times: Sequence[datetime | None]) -> list[str | None]:
    """A column of aware times as SQLite keeps them."""
    return [
        None if text is None else _naive(text) or time_text(datetime.fromisoformat(text).astimezone(UTC))
        for text in _texts(_encode(times))
    ]


def _naive(text: str) -> str | None:
    """The same time without "T" and "Z"; None where the zone is another."""
    if len(text) == ZULU and text[-1] == "Z":
        return f"{text[:10]} {text[11:-1]}"
    if len(text) == WHOLE_SECOND and text[-1] == "Z":
        return f"{text[:10]} {text[11:-1]}.000000"
    return None


def read_time(value: Any) -> datetime:
    """A time as either driver returns it."""
    if type(value) is str:
        value = datetime.fromisoformat(f"{value}+00:00" if len(value) == NAIVE else value)
    assert isinstance(value, datetime)
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def read_day(value: Any) -> date:
    """A day as either driver returns it."""
    return date.fromisoformat(value) if type(value) is str else value
