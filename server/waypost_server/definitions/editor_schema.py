"""A JSON Schema of the definition files for editors, made from the schemas that read them and the catalogue of facts.

It completes and checks what an editor can see in one file: keys, words, and the names of facts with the keys of the
folder at hand. `validate` remains the judge; whatever it accepts, this accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from marshmallow import fields

from waypost_server.definitions.build_adoption import AdoptionSchema
from waypost_server.definitions.coverage_file import CoverageSchema
from waypost_server.definitions.environments import SINGLE
from waypost_server.definitions.fields import (
    ClockTime,
    Colour,
    Day,
    Document,
    Flag,
    Key,
    Number,
    OneOf,
    Scalar,
    Span,
    Text,
    Texts,
    Values,
)
from waypost_server.definitions.nested import ListOf, MapOf, One, Schema
from waypost_server.definitions.nudge_schemas import NudgeSchema
from waypost_server.definitions.schemas import (
    CatalogSchema,
    EnrolField,
    EnrolSchema,
    JourneySchema,
    PlaySchema,
    PolicySchema,
    TemplateSchema,
)
from waypost_server.definitions.step_schemas import ChannelField, StepField, Steps
from waypost_server.definitions.workshop_file import WorkshopSchema
from waypost_server.domain import facts, operators
from waypost_server.domain.channel_choice import CHANNELS
from waypost_server.domain.definitions import Definitions
from waypost_server.domain.fact_catalogue import CATALOGUE, KEYS, LONGEST, Fact

FILES: Mapping[str, type[Schema]] = {
    "nudge": NudgeSchema,
    "play": PlaySchema,
    "catalog": CatalogSchema,
    "journey": JourneySchema,
    "policy": PolicySchema,
    "adoption": AdoptionSchema,
    "coverage": CoverageSchema,
    "workshop": WorkshopSchema,
}
SHOWN_LENGTHS = {"d": ("7", "28"), "w": ("8",)}  # what completion offers; any length is accepted
_CONDITIONS = frozenset({"audience", "when", "skip_when", "exit", "condition"})
_KEY = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"}
_STEPS = {"type": "array", "items": {"$ref": "#/$defs/step"}, "minItems": 1}
_TYPES = {"text": "string", "number": "number", "boolean": "boolean"}


def editor_schema(definitions: Definitions | None) -> dict[str, Any]:
    """One document for every kind of file, each under `$defs` as well. None = any keys, of nobody's folder."""
    kinds: dict[str, Any] = {name: _object(schema) for name, schema in FILES.items()}
    kinds["play"]["additionalProperties"] = _STEPS  # a branch for each motion
    kinds["environment"] = _environment(kinds)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Waypost definitions of {(definitions and definitions.catalog.product) or 'a product'}",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in kinds],
        "$defs": {**kinds, "step": _step(), "condition": _condition(definitions)},
    }


def names(definitions: Definitions | None) -> Iterator[tuple[str, Fact]]:
    """Every name of a fact with the keys of these definitions; those open to any length with a few of them."""
    for fact in CATALOGUE:
        if fact.field == "<trait>" or (definitions is None and fact.family in KEYS):
            continue
        kinds = KEYS.get(fact.family, ())
        keys = [facts.keys_of(kind, definitions) for kind in kinds] if definitions is not None else []
        lengths = SHOWN_LENGTHS[fact.field[-1]] if "<N>" in fact.field else ("",)
        for *chosen, length in product(*keys, lengths):
            name = ".".join([fact.family, *chosen, fact.field.replace("<N>", length)])
            if fact.family == "survey" and definitions is not None and facts.check(name, definitions):
                continue  # the question of another survey
            yield name, fact


def _step() -> dict[str, Any]:
    """One step; steps inside it refer to this again."""
    kinds: dict[str, Any] = {}
    for kind, schema in StepField.kinds.items():
        short = StepField.short.get(kind)
        whole = _object(schema)
        kinds[kind] = {"anyOf": [whole, whole["properties"][short]]} if short else whole
    return {
        "type": "object",
        "properties": {**kinds, "webhook": _KEY},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }


def _object(schema: type[Schema]) -> dict[str, Any]:
    inside = schema().fields
    written = {field.data_key or name: field for name, field in inside.items()}
    return {
        "type": "object",
        "properties": {name: _field(name, field) for name, field in written.items()},
        "required": [name for name, field in written.items() if field.required],
        "additionalProperties": False,
    }


def _environment(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Parts of what the other files hold: nothing has to be there."""
    many = {
        **{f"{kind}s": kinds[kind] for kind in ("nudge", "play", "workshop")},
        "templates": _object(TemplateSchema),
    }
    single = {name: _part(kinds[name]) for name in SINGLE}
    parts = {name: {"type": "object", "additionalProperties": _part(whole)} for name, whole in many.items()}
    return {"type": "object", "properties": {**parts, **single}, "additionalProperties": False}


def _part(whole: Any) -> Any:
    """The same schema with every key optional."""
    if isinstance(whole, list):
        return [_part(each) for each in whole]
    if not isinstance(whole, dict):
        return whole
    return {key: _part(each) for key, each in whole.items() if key != "required"}


def _field(name: str, field: fields.Field[Any]) -> dict[str, Any]:
    found = _nested(name, field) or _plain(field)
    return {"anyOf": [found, {"type": "null"}]} if field.allow_none and found else found


def _nested(name: str, field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, One):
        return _object(field.schema_class)
    if isinstance(field, MapOf):
        known = {"propertyNames": _KEY} if isinstance(field.keys, Key) else {}
        return {"type": "object", "additionalProperties": _field(name, field.inner), **known}
    if isinstance(field, ListOf):
        return {"type": "array", "items": _field(name, field.inner), "minItems": field.least}
    if isinstance(field, Steps):
        return _STEPS
    if isinstance(field, ChannelField):
        return {
            "anyOf": [
                {"const": "preferred"},
                {"type": "array", "items": {"enum": list(CHANNELS)}, "minItems": 1},
            ]
        }
    if isinstance(field, EnrolField):
        return {"anyOf": [{"enum": ["once"]}, _object(EnrolSchema)]}
    if isinstance(field, Document):
        return {"$ref": "#/$defs/condition"} if name in _CONDITIONS else {"type": "object"}
    return {}


def _plain(field: fields.Field[Any]) -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    if isinstance(field, Text):
        return {"type": "string", "minLength": field.least, "maxLength": field.most}
    if isinstance(field, Number):
        kind = "integer" if field.whole else "number"
        return {"type": kind, "minimum": field.least, "maximum": field.most}
    if isinstance(field, OneOf):
        return {"enum": list(field.words)}
    simple: dict[type[Any], dict[str, Any]] = {
        Key: _KEY,
        Flag: {"type": "boolean"},
        Texts: {"anyOf": [{"type": "string"}, texts]},
        Values: {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1},
        Colour: {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
        Span: {"type": "string", "pattern": "^[1-9][0-9]{0,3}[mhdw]$"},
        ClockTime: {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        Scalar: {"type": ["string", "number", "boolean"]},
        Day: {"description": "a day such as 2026-12-01"},
    }
    return simple.get(type(field), {})


# --- conditions -----------------------------------------------------------------------------------
def _condition(definitions: Definitions | None) -> dict[str, Any]:
    this = {"$ref": "#/$defs/condition"}
    several = {"type": "array", "items": this, "minItems": 1}
    group: dict[str, Any] = _KEY
    if definitions is not None:
        group = {"enum": [each.key for each in definitions.catalog.groups if each.when is not None]}
    logic = {"$and": several, "$or": several, "$nor": several, "$not": this, "$savedGroup": group}
    return {
        "type": "object",
        "properties": {**logic, **{name: _comparison(fact) for name, fact in names(definitions)}},
        "patternProperties": {
            _pattern(fact, definitions): _comparison(fact)
            for fact in CATALOGUE
            if "<N>" in fact.field or fact.field == "<trait>" or (definitions is None and fact.family in KEYS)
        },
        "additionalProperties": False,
    }


def _pattern(fact: Fact, definitions: Definitions | None) -> str:
    """The names a pattern of the catalogue stands for."""
    if fact.field == "<trait>":
        return rf"^{fact.family}\.(?!traits$).+$"
    middle = "".join(rf"\.({_keys(kind, definitions)})" for kind in KEYS[fact.family])
    if "<N>" not in fact.field:
        return rf"^{fact.family}{middle}\.{fact.field}$"
    measure, _, unit = fact.field.partition("<N>")
    longest = {365: "([1-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-5])", 52: "([1-9]|[1-4][0-9]|5[0-2])"}
    return rf"^{fact.family}{middle}\.{measure}{longest[LONGEST[unit]]}{unit}$"


def _keys(kind: str, definitions: Definitions | None) -> str:
    """The keys of a kind as a pattern; any key where nobody's are meant."""
    if definitions is None:
        return _KEY["pattern"].strip("^$")
    return "|".join(map(re.escape, facts.keys_of(kind, definitions))) or "(?!)"


def _comparison(fact: Fact) -> dict[str, Any]:
    """A plain value or operators."""
    about = f"{fact.meaning}. Example: {fact.example}"
    literal = {"type": [_TYPES[fact.type], "null"]} if fact.type in _TYPES else {}
    compared = {
        "type": "object",
        "properties": {name: {} for name in operators.ALL_OPERATORS},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return {"description": about, "anyOf": [literal, compared]} if literal else {"description": about}
