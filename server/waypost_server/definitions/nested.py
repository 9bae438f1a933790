"""Schemas inside schemas, with errors that keep their path: `MapOf`, `ListOf`, `One` and the strict `Schema`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from marshmallow import RAISE, ValidationError, fields
from marshmallow import Schema as MarshmallowSchema

from .fields import refuse, shown
from .findings import Problem, Report, Source, Where


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """Stands in an error for "this key is not known here"; `known` are the keys that are."""

    known: tuple[str, ...]

    def problem(self, key: str) -> Problem:
        """The problem for one key."""
        return Problem("unknown_key", f"unknown key {key!r}", nearest(key, self.known))


@dataclass(frozen=True, slots=True)
class MissingKey:
    """Stands in an error for "this key has to be there"."""

    remedy: str


def nearest(name: str, known: Sequence[str]) -> str:
    """The remedy for a name that is not known."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}"
    return f"known here: {', '.join(known)}" if known else "none is defined"


class Schema(MarshmallowSchema):
    """Unknown keys are refused, and every standard refusal carries its remedy."""

    class Meta:
        unknown = RAISE

    examples: ClassVar[Mapping[str, str]] = {}  # key → what to write when it is missing

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages = {
            "unknown": UnknownKey(tuple(self.fields)),  # type: ignore[dict-item]  # any value may travel
            "type": Problem("not_mapping", "this must be a mapping", "write `key: value` lines"),  # type: ignore[dict-item]
        }
        for name, field in self.fields.items():
            remedy = self.examples.get(name, f"add `{name}: …`")
            field.error_messages = {
                **field.error_messages,
                "required": MissingKey(remedy),  # type: ignore[dict-item]
                "null": Problem("no_value", f"{name} has no value", "write one, or remove the line"),  # type: ignore[dict-item]
            }


@cache
def made(schema: type[Schema]) -> Schema:
    """The one instance of a schema: making one copies all its fields, and reading changes nothing in it."""
    return schema()


class One(fields.Field[dict[str, Any]]):
    """A mapping read by another schema."""

    def __init__(self, schema: type[Schema], **options: Any) -> None:
        super().__init__(**options)
        self.schema_class = schema

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            known = ", ".join(
                field.data_key or name for name, field in made(self.schema_class).fields.items()
            )
            raise refuse(
                "not_mapping", f"{attr} must be a mapping, not {shown(value)}", f"its keys are: {known}"
            )
        return dict(made(self.schema_class).load(value))


class MapOf(fields.Field[dict[str, Any]]):
    """A mapping from free keys to something read by `inner`."""

    def __init__(
        self, inner: fields.Field[Any], *, keys: fields.Field[str] | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.inner, self.keys = inner, keys

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise refuse(
                "not_mapping", f"{attr} must be a mapping, not {shown(value)}", "write `key: value` lines"
            )
        loaded: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for key, each in value.items():
            try:
                if self.keys is not None:
                    self.keys.deserialize(key, f"{attr} key", value)
                loaded[key] = self.inner.deserialize(each, key, value)
            except ValidationError as error:
                errors[key] = error.messages
        if errors:
            raise ValidationError(errors)
        return loaded


class ListOf(fields.Field[list[Any]]):
    """A list of things read by `inner`, `least` to `most` of them."""

    def __init__(
        self, inner: fields.Field[Any], *, least: int = 0, most: int = 1_000, **options: Any
    ) -> None:
        super().__init__(**options)
        self.inner, self.least, self.most = inner, least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[Any]:
        if not isinstance(value, list):
            raise refuse("not_list", f"{attr} must be a list, not {shown(value)}", "write `- item` lines")
        if len(value) < self.least:
            remedy = "add one, or remove the line" if self.least == 1 else f"write at least {self.least}"
            raise refuse(
                "empty_list", f"{attr} is empty" if not value else f"{attr} has only {len(value)}", remedy
            )
        if len(value) > self.most:
            raise refuse("list_too_long", f"{attr} has {len(value)} entries", f"use at most {self.most}")
        loaded: list[Any] = []
        errors: dict[int, Any] = {}
        for index, each in enumerate(value):
            try:
                loaded.append(self.inner.deserialize(each, attr))
            except ValidationError as error:
                errors[index] = error.messages
        if errors:
            raise ValidationError(errors)
        return loaded


def validate(
    schema: type[Schema], data: Any, source: Source, report: Report, where: Where = ()
) -> dict[str, Any] | None:
    """`data` read by `schema`, or None after reporting everything that is wrong with it."""
    try:
        return dict(made(schema).load(data))
    except ValidationError as error:
        _report(error.messages, source, where, report)
        return None


def validate_field(
    field: fields.Field[Any], value: Any, source: Source, report: Report, where: Where
) -> Any | None:
    """A single value read by `field`, or None after reporting what is wrong with it."""
    try:
        return field.deserialize(value, str(where[-1]), None)
    except ValidationError as error:
        _report(error.messages, source, where, report)
        return None


def _report(messages: Any, source: Source, where: Where, report: Report) -> None:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            _report(inner, source, where if key == "_schema" else (*where, key), report)
        return
    for message in messages if isinstance(messages, list) else [messages]:
        name = str(where[-1]) if where else "the file"
        if isinstance(message, UnknownKey):
            report.problem(source, where, message.problem(name))
        elif isinstance(message, MissingKey):
            report.problem(source, where, Problem("missing_key", f"{name} is missing", message.remedy))
        elif isinstance(message, Problem):
            report.problem(source, where, message)
        else:
            report.problem(source, where, Problem("bad_value", f"{name}: {message}"))
