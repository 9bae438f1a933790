"""The shape of what a surface is made of: tour, checklist, survey, announcement, and the words of their pieces."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validates_schema

from .fields import Day, Document, Flag, Key, Number, OneOf, Text, refuse, shown
from .nested import ListOf, MapOf, MissingKey, One, Schema


class WhereSchema(Schema):
    path = Text(most=500)
    anchor = Key()
    delay_seconds = Number(most=600)


# --- tour -----------------------------------------------------------------------------------------
class Advance(fields.Field[tuple[str, str | None]]):
    """`next`, `click`, or `{event: name}`: what ends a step, and the event if it is one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[str, str | None]:
        if value in ("next", "click"):
            return str(value), None
        if isinstance(value, dict) and list(value) == ["event"]:
            return "event", Text(most=200).deserialize(value["event"], "event", value)
        remedy = "write next, click or {event: Name of the event}"
        raise refuse("advance_shape", f"{attr} cannot be {shown(value)}", remedy)


class BranchSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"to": "add `to:` with the key of a later step"}
    when = Document(required=True)
    to = Key(required=True)


class TourStepSchema(Schema):
    key = Key(required=True)
    where = One(WhereSchema)
    advance = Advance()
    skip_when = Document()
    branches = ListOf(One(BranchSchema), least=1)


class TourSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"steps": "add `steps:` with at least one step"}
    resume = Flag()
    steps = ListOf(One(TourStepSchema), least=1, most=20, required=True)


# --- checklist ------------------------------------------------------------------------------------
class ItemSchema(Schema):
    key = Key(required=True)
    milestone = Key()
    feature = Key()
    count = Number(whole=True, least=1)
    when = Document()
    url = Text(most=2000)

    @validates_schema
    def _ticked_by_one_thing(self, data: Any, **_: Any) -> None:
        if sum(name in data for name in ("milestone", "feature", "when")) != 1:
            message = "an item is ticked by one milestone, one feature or one condition"
            raise refuse("item_shape", message, "write `milestone: …`, `feature: …` or `when: {…}`")
        if "count" in data and "feature" not in data:
            raise refuse("item_shape", "count belongs to a feature", "remove count, or name a feature")


class ChecklistSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"items": "add `items:` with at least one item"}
    items = ListOf(One(ItemSchema), least=1, most=20, required=True)


# --- survey ---------------------------------------------------------------------------------------
class QuestionSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"type": "add `type: nps`, csat, stars, choice or text"}
    key = Key(required=True)
    type = OneOf("nps", "csat", "stars", "choice", "text", required=True)
    required = Flag()
    multiple = Flag()
    options = ListOf(Key(), least=2, most=20)

    @validates_schema
    def _options_for_choice(self, data: Any, **_: Any) -> None:
        if data["type"] == "choice" and "options" not in data:
            raise ValidationError({"options": [MissingKey("add `options: [one, two]` with a key for each")]})
        for name in ("options", "multiple"):
            if data["type"] != "choice" and name in data:
                message = f"{name} belongs to a choice, not to {data['type']}"
                problem = refuse("question_shape", message, f"remove {name}, or write `type: choice`")
                raise ValidationError({name: problem.messages})


class SurveySchema(Schema):
    examples: ClassVar[dict[str, str]] = {"questions": "add `questions:` with at least one question"}
    questions = ListOf(One(QuestionSchema), least=1, most=10, required=True)


# --- announcement ---------------------------------------------------------------------------------
class AnnouncementSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"published_on": "add `published_on: 2026-12-01`"}
    published_on = Day(required=True)
    badge = Flag()


# --- words ----------------------------------------------------------------------------------------
class PieceSchema(Schema):
    title = Text(required=True, most=120)
    body = Text(most=2000)


class QuestionWordsSchema(Schema):
    title = Text(required=True, most=200)
    low = Text(most=60)
    high = Text(most=60)
    options = MapOf(Text(most=100), keys=Key())
