"""adoption.yaml: its shape, and from data to domain objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from marshmallow import validates_schema

from waypost_server.domain.adoption import Adoption, AdoptionDefinition, Behaviour

from .fields import Key, Number, Text, Texts, refuse
from .findings import Report, Source
from .nested import ListOf, MapOf, One, Schema, validate

DEEP_WEIGHT = 2.0  # of a behaviour that asks for more than one use, where none is written


class BehaviourSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"feature": "add `feature:` with a key of catalog.yaml"}
    key = Key()
    title = Text(required=True, most=120)
    feature = Key(required=True)
    count = Number(whole=True, least=1)
    days = Number(whole=True, least=1, most=365)
    weeks_active = Number(whole=True, least=1, most=52)
    weeks = Number(whole=True, least=1, most=52)
    role = Texts()
    share_of_users = Number(least=0.01, most=1)
    weight = Number(least=0.1, most=100)

    @validates_schema
    def _one_measure(self, data: Any, **_: Any) -> None:
        if "count" in data and "weeks_active" in data:
            message = "count and weeks_active are two measures"
            raise refuse("behaviour_shape", message, "keep one, or write two behaviours")
        if "days" in data and "weeks_active" in data:
            raise refuse("behaviour_shape", "days belongs to count", "write `weeks: 4`")
        if "weeks" in data and "weeks_active" not in data:
            raise refuse("behaviour_shape", "weeks needs weeks_active", "write `weeks_active: 3`")
        if data.get("weeks_active", 0) > data.get("weeks", 4):
            message = f"{data['weeks_active']} of the last {data.get('weeks', 4)} weeks cannot be"
            raise refuse("behaviour_shape", message, "raise `weeks`")


class SegmentAdoptionSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"behaviours": "add `behaviours:` with at least one"}
    behaviours = ListOf(One(BehaviourSchema), least=1, required=True)
    adopted_at = Number(least=0.01, most=1)
    partial_at = Number(least=0.01, most=1)

    @validates_schema
    def _in_order(self, data: Any, **_: Any) -> None:
        if data.get("partial_at", 0.4) > data.get("adopted_at", 1.0):
            raise refuse("adoption_shape", "partial_at is above adopted_at", "swap the two")


class AdoptionSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "version": "add `version: 1`, and raise it when the meaning changes",
        "segments": "add `segments:` with `default:` and its behaviours",
    }
    version = Number(whole=True, least=1, required=True)
    segments = MapOf(One(SegmentAdoptionSchema), keys=Key(), required=True)


def build_adoption(source: Source, report: Report) -> Adoption | None:
    """adoption.yaml."""
    data = validate(AdoptionSchema, source.data or {}, source, report)
    if data is None:
        return None
    segments = {
        key: AdoptionDefinition(
            segment=key,
            behaviours=tuple(_behaviour(each) for each in one["behaviours"]),
            adopted_at=one.get("adopted_at", 1.0),
            partial_at=one.get("partial_at", 0.4),
        )
        for key, one in data["segments"].items()
    }
    return Adoption(data["version"], segments)


def _behaviour(data: Mapping[str, Any]) -> Behaviour:
    weeks_active = data.get("weeks_active")
    behaviour = Behaviour(
        key=data.get("key", data["feature"]),
        title=data["title"],
        feature=data["feature"],
        count=None if weeks_active else data.get("count", 1),
        days=data.get("days", 28),
        weeks_active=weeks_active,
        weeks=data.get("weeks", 4),
        roles=data.get("role"),
        share_of_users=data.get("share_of_users"),
    )
    weight = data.get("weight", DEEP_WEIGHT if behaviour.is_deep else 1.0)
    return replace(behaviour, weight=float(weight))
