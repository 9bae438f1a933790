"""coverage.yaml → the claim that every cell has a next step, with those that are empty on purpose."""

from __future__ import annotations

from typing import ClassVar

from waypost_server.domain.coverage import Coverage, EmptyOnPurpose

from .coverage import STATES
from .fields import Key, OneOf, Text
from .findings import Report, Source
from .nested import ListOf, One, Schema, validate


class EmptySchema(Schema):
    examples: ClassVar[dict[str, str]] = {"reason": "add `reason:` and say why nothing comes next here"}
    reason = Text(required=True)
    segment = Text()
    motion = Key()
    milestone = Key()
    state = OneOf(*STATES)


class CoverageSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"none": "write `none: []` if no cell is empty on purpose"}
    none = ListOf(One(EmptySchema), required=True)


def build_coverage(source: Source, report: Report) -> Coverage | None:
    """coverage.yaml."""
    data = validate(CoverageSchema, source.data or {}, source, report)
    if data is None:
        return None
    return Coverage(
        tuple(
            EmptyOnPurpose(**one, source=source.at(("none", index))) for index, one in enumerate(data["none"])
        )
    )
