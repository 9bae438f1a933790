"""The shape of in-app/*.yaml: one nudge a file."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validates_schema

from waypost_server.domain.definitions import KIND_OF_SURFACE

from .fields import ClockTime, Day, Document, Flag, Key, Number, OneOf, Span, Text, refuse, shown
from .nested import ListOf, MapOf, MissingKey, One, Schema
from .surface_schemas import (
    AnnouncementSchema,
    ChecklistSchema,
    PieceSchema,
    QuestionWordsSchema,
    SurveySchema,
    TourSchema,
    WhereSchema,
)

SURFACES = tuple(KIND_OF_SURFACE)
STRUCTURES = {  # surfaces that are made of pieces, and how such a structure starts
    "tour": "{steps: […]}",
    "checklist": "{items: […]}",
    "survey": "{questions: […]}",
    "announcement": "{published_on: 2026-12-01}",
}


class GoalSchema(Schema):
    milestone = Key()
    feature = Key()
    count = Number(whole=True, least=1)
    weeks_active = Number(whole=True, least=1, most=52)
    within_days = Number(whole=True, least=1, most=365)

    @validates_schema
    def _exactly_one(self, data: Any, **_: Any) -> None:
        if ("milestone" in data) == ("feature" in data):
            raise refuse(
                "goal_shape", "a goal is one milestone or one feature", "write `goal: {milestone: …}`"
            )


class LimitSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"max": "add `max: 1`"}
    max = Number(whole=True, least=1, required=True)
    per = Span()


class FrequencySchema(Schema):
    max = Number(whole=True, least=1)
    per = Span()
    cooldown_days = Number(most=365)
    until = OneOf("goal", allow_none=True)
    limits = ListOf(One(LimitSchema), least=1)

    @validates_schema
    def _max_or_limits(self, data: Any, **_: Any) -> None:
        if "limits" in data and ("max" in data or "per" in data):
            raise refuse("frequency_shape", "max and limits say the same thing twice", "keep limits only")
        if "per" in data and "max" not in data:
            raise refuse("frequency_shape", "per needs max", "write `frequency: {max: 1, per: 7d}`")


class ActionSchema(Schema):
    label = Text(required=True, most=40)
    url = Text(most=2000)
    event = Text()

    @validates_schema
    def _one_effect(self, data: Any, **_: Any) -> None:
        if "url" in data and "event" in data:
            raise refuse("action_shape", "a button has url or event, not both", "remove one")


class ContentSchema(Schema):
    title = Text(required=True, most=120)
    body = Text(most=2000)
    actions = ListOf(One(ActionSchema), most=4)
    why = Text(most=300)
    progress = Key()
    steps = MapOf(One(PieceSchema), keys=Key())
    items = MapOf(One(PieceSchema), keys=Key())
    questions = MapOf(One(QuestionWordsSchema), keys=Key())
    finished = Text(most=500)
    thanks = Text(most=500)


class VariantSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "percent": "add `percent: 50`",
        "content": "add `content:` with a language, a title and a body",
    }
    key = Key(required=True)
    percent = Number(required=True, least=1, most=100)
    content = MapOf(One(ContentSchema), required=True)


class Expectation(fields.Field[str]):
    """`shown`, or `{held: reason}`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        if value == "shown":
            return "shown"
        if (
            isinstance(value, dict)
            and list(value) == ["held"]
            and value["held"] in ("audience", "goal_reached")
        ):
            return str(value["held"])
        remedy = "write shown, {held: audience} or {held: goal_reached}"
        raise refuse("bad_expectation", f"{attr} cannot be {shown(value)}", remedy)


class CaseSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"expect": "add `expect: shown` or `expect: {held: audience}`"}
    name = Text(required=True)
    given = Document(required=True)
    expect = Expectation(required=True)


class Weekdays(fields.Field[tuple[int, ...]]):
    """`[mon, tue]` as ISO weekdays, in order."""

    words = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[int, ...]:
        if not isinstance(value, list) or not value or not all(each in self.words for each in value):
            odd = next((e for e in value if e not in self.words), value) if isinstance(value, list) else value
            raise refuse("bad_weekday", f"{attr} cannot be {shown(odd)}", "write [mon, tue, wed, thu, fri]")
        return tuple(sorted({self.words.index(each) + 1 for each in value}))


class HoursSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"start": 'add `start: "09:00"`', "end": 'add `end: "17:00"`'}
    start = ClockTime(required=True)
    end = ClockTime(required=True)

    @validates_schema
    def _some_time(self, data: Any, **_: Any) -> None:
        if data["start"] == data["end"]:
            raise refuse("schedule_shape", "the hours end when they start", "leave hours out for all day")


class ScheduleSchema(Schema):
    starts_on = Day()
    ends_on = Day()
    zone = OneOf("workspace", "user")
    days = Weekdays()
    hours = One(HoursSchema)

    @validates_schema
    def _in_order(self, data: Any, **_: Any) -> None:
        if "starts_on" in data and "ends_on" in data and data["ends_on"] < data["starts_on"]:
            raise refuse("schedule_shape", "it ends before it starts", "swap the two days")


class PrerequisiteSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"nudge": "add `nudge:` with the key of another nudge"}
    nudge = Key(required=True)
    state = OneOf("seen", "clicked", "completed")
    after_days = Number(most=365)


class HoldoutSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"percent": "add `percent: 10`"}
    percent = Number(required=True, most=90)


class NudgeSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "surface": f"add `surface: tooltip`, or another of: {', '.join(SURFACES[1:])}",
        "content": "add `content:` with a language, a title and a body",
    }
    key = Key(required=True)
    title = Text(required=True)
    status = OneOf("live", "paused")
    surface = OneOf(*SURFACES, required=True)
    goal = One(GoalSchema)
    audience = Document()
    where = One(WhereSchema)
    frequency = One(FrequencySchema)
    holdout = One(HoldoutSchema)
    priority = OneOf("deepen", "start", "announce")
    schedule = One(ScheduleSchema)
    requires = ListOf(One(PrerequisiteSchema), least=1, most=10)
    tour = One(TourSchema)
    checklist = One(ChecklistSchema)
    survey = One(SurveySchema)
    announcement = One(AnnouncementSchema)
    from_play = Flag()
    content = MapOf(One(ContentSchema), required=True)
    variants = ListOf(One(VariantSchema), least=1, most=10)
    cases = ListOf(One(CaseSchema))

    @validates_schema
    def _structure_of_the_surface(self, data: Any, **_: Any) -> None:
        surface = data["surface"]
        for name, example in STRUCTURES.items():
            if name == surface and name not in data:
                raise ValidationError({name: [MissingKey(f"add `{name}: {example}`")]})
            if name in data and name != surface:
                problem = refuse(
                    "surface_shape", f"a {surface} has no {name}", f"remove it, or write `surface: {name}`"
                )
                raise ValidationError({name: problem.messages})
