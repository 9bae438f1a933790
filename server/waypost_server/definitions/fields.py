"""Strict fields: nothing is converted, and each refusal says what to write instead."""

from __future__ import annotations

import datetime
import re
from typing import Any

from marshmallow import ValidationError, fields

from waypost_server.domain.condition_compiler import MAX_VALUES

from .findings import Problem

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
SPAN = re.compile(r"([1-9][0-9]{0,3})([mhdw])")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def refuse(code: str, message: str, remedy: str = "") -> ValidationError:
    """A refusal that carries its remedy."""
    return ValidationError([Problem(code, message, remedy)])


def shown(value: Any) -> str:
    """A value as an author would write it, cut short."""
    written = (
        {True: "true", False: "false", None: "nothing"}.get(value) if value in (True, False, None) else None
    )
    if isinstance(value, dict):
        written = "a mapping"
    elif isinstance(value, list):
        written = "a list"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        written = str(value)
    written = written or repr(value)
    return written if len(written) <= 60 else written[:57] + "…"


class Text(fields.Field[str]):
    """Text of `least` to `most` characters."""

    def __init__(self, *, least: int = 1, most: int = 200, **options: Any) -> None:
        super().__init__(**options)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str):
            raise refuse(
                "not_text", f"{attr} must be text, not {shown(value)}", f'put it in quotes: "{value}"'
            )
        if len(value.strip()) < self.least:
            raise refuse("empty_text", f"{attr} is empty", "write it, or remove the line")
        if len(value) > self.most:
            raise refuse("text_too_long", f"{attr} has {len(value)} characters", f"use at most {self.most}")
        return value


class Key(fields.Field[str]):
    """A short name for machines: what URLs, facts and reports use."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or not _KEY.fullmatch(value):
            remedy = "use 1 to 64 of: a-z 0-9 _ -, starting with a letter or digit"
            raise refuse("bad_key", f"{attr} {shown(value)} is no key", remedy)
        return value


class Number(fields.Field[float]):
    """A number within bounds; text that looks like one is refused."""

    def __init__(
        self, *, least: float = 0, most: float = 10_000, whole: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.least, self.most, self.whole = least, most, whole

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> float:
        kind = "a whole number" if self.whole else "a number"
        if value.__class__ is not int and (self.whole or value.__class__ is not float):
            raise refuse(
                "not_number", f"{attr} must be {kind}, not {shown(value)}", f"write {kind}, without quotes"
            )
        if not self.least <= value <= self.most:
            bounds = f"{self.least:g} to {self.most:g}"
            raise refuse("out_of_range", f"{attr} is {value:g}", f"use {bounds}")
        return value


class Flag(fields.Field[bool]):
    """true or false, and nothing else."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if value.__class__ is not bool:
            raise refuse(
                "not_boolean", f"{attr} must be true or false, not {shown(value)}", "write true or false"
            )
        return bool(value)


class OneOf(fields.Field[str]):
    """One of a few words."""

    def __init__(self, *words: str, **options: Any) -> None:
        super().__init__(**options)
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if value not in self.words or not isinstance(value, str):
            raise refuse(
                "unknown_word", f"{attr} cannot be {shown(value)}", f"use one of: {', '.join(self.words)}"
            )
        return value


class Texts(fields.Field[tuple[str, ...]]):
    """A list of texts; a single text may stand for a list of one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if (
            not isinstance(values, list)
            or not values
            or not all(isinstance(each, str) and each for each in values)
        ):
            raise refuse(
                "not_texts", f"{attr} must be a list of texts, not {shown(value)}", "write [one, two]"
            )
        return tuple(values)


class Values(fields.Field[tuple[str | int | float, ...]]):
    """A list of texts and numbers, such as the ids of accounts."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **_: Any
    ) -> tuple[str | int | float, ...]:
        if (
            not isinstance(value, list)
            or not value
            or any(each.__class__ not in (str, int, float) for each in value)
        ):
            message = f"{attr} must be a list of texts or numbers, not {shown(value)}"
            raise refuse("not_values", message, "write [one, two]")
        if len(value) > MAX_VALUES:
            message = f"{attr} has {len(value):,} values"
            raise refuse("too_many_values", message, f"use at most {MAX_VALUES:,}, or report it as a trait")
        return tuple(value)


class Scalar(fields.Field[str | float | bool | None]):
    """A text, a number, true or false; null where the field allows it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str | float | bool:
        if value.__class__ not in (str, int, float, bool) or len(str(value)) > 1_000:
            message = f"{attr} must be a text, a number, true or false, not {shown(value)}"
            raise refuse("not_scalar", message, "write one value of at most 1,000 characters")
        found: str | float | bool = value
        return found


class Span(fields.Field[int]):
    """A length of time such as 7d, in seconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        found = SPAN.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            remedy = "write a number and a unit: 30m, 12h, 7d or 4w"
            raise refuse("bad_span", f"{attr} {shown(value)} is no length of time", remedy)
        return int(found[1]) * _SECONDS[found[2]]


class Colour(fields.Field[str]):
    """A colour such as "#0b6e5a", in small letters."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or not _COLOUR.fullmatch(value):
            raise refuse(
                "bad_colour", f"{attr} {shown(value)} is no colour", 'write it as "#0b6e5a", in quotes'
            )
        return value.lower()


class ClockTime(fields.Field[str]):
    """A time of day such as "20:00"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            raise refuse(
                "bad_time", f"{attr} {shown(value)} is no time of day", 'write it as "20:00", in quotes'
            )
        return value


class Day(fields.Field[str]):
    """A calendar day such as 2026-12-01, kept as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        try:
            return datetime.date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise refuse("bad_day", f"{attr} {shown(value)} is no day", "write it as 2026-12-01") from None


class Document(fields.Field[dict[str, Any]]):
    """Facts and values, checked elsewhere (a condition, or the given facts of a case)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            remedy = "write facts and values, such as user.role: admin"
            raise refuse("not_mapping", f"{attr} must be a mapping, not {shown(value)}", remedy)
        return value
