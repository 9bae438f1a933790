"""The shape of every file, as marshmallow schemas: unknown keys refused, nothing converted."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validates_schema

from .fields import ClockTime, Day, Document, Flag, Key, Number, OneOf, Span, Text, Texts, refuse, shown
from .nested import ListOf, MapOf, One, Schema


# --- catalog.yaml ---------------------------------------------------------------------------------
class FeatureSchema(Schema):
    title = Text(required=True)
    events = Texts()
    pages = Texts()
    core = Flag()


class SegmentSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"when": "add `when: {account.plan: enterprise}`"}
    title = Text(required=True)
    when = Document(required=True)


class MotionSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"when": "add `when: {account.plan: enterprise}`"}
    when = Document(required=True)


class CatalogSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "product": "add `product: Your product's name`",
        "features": "add `features:` with a line per feature",
    }
    product = Text(required=True)
    features = MapOf(One(FeatureSchema), keys=Key(), required=True)
    roles = MapOf(Text(), keys=Key())
    segments = MapOf(One(SegmentSchema), keys=Key())
    motions = MapOf(One(MotionSchema), keys=Key())
    default_motion = Key()


# --- journey.yaml ---------------------------------------------------------------------------------
class PhaseSchema(Schema):
    title = Text(required=True)
    start_day = Number(whole=True)
    end_day = Number(whole=True, allow_none=True)


class StepSchema(Schema):
    key = Key()
    title = Text(required=True)
    feature = Key(required=True)
    count = Number(whole=True, least=1)


class MilestoneSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "scope": "add `scope: user` or `scope: account`",
        "steps": "add `steps:` with at least one step",
    }
    title = Text(required=True)
    scope = OneOf("user", "account", required=True)
    phase = Key()
    due_days = Number(whole=True, least=1)
    steps = ListOf(One(StepSchema), least=1, required=True)


class JourneySchema(Schema):
    phases = MapOf(One(PhaseSchema), keys=Key())
    milestones = MapOf(One(MilestoneSchema), keys=Key())


# --- policy.yaml ----------------------------------------------------------------------------------
class CapSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"max": "add `max: 2`", "per": "add `per: 7d`"}
    max = Number(whole=True, required=True)
    per = Span(required=True)
    scope = OneOf("person", "account")
    kinds = Texts()
    channels = Texts()


class QuietHoursSchema(Schema):
    start = ClockTime(required=True)
    end = ClockTime(required=True)


class PolicySchema(Schema):
    caps = ListOf(One(CapSchema))
    quiet_hours = One(QuietHoursSchema, allow_none=True)
    min_gap = Span()
    dismissals_before_stop = Number(whole=True, least=1, most=100)
    timezone = Text()
    webhooks = MapOf(Text(most=2000), keys=Key())


# --- in-app/*.yaml --------------------------------------------------------------------------------
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


class WhereSchema(Schema):
    path = Text(most=500)
    anchor = Key()
    delay_seconds = Number(most=600)


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
    body = Text(required=True, most=2000)
    actions = ListOf(One(ActionSchema))
    why = Text(most=300)
    progress = Key()


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


class ScheduleSchema(Schema):
    starts_on = Day()
    ends_on = Day()

    @validates_schema
    def _in_order(self, data: Any, **_: Any) -> None:
        if "starts_on" in data and "ends_on" in data and data["ends_on"] < data["starts_on"]:
            raise refuse("schedule_shape", "it ends before it starts", "swap the two days")


class HoldoutSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"percent": "add `percent: 10`"}
    percent = Number(required=True, most=90)


class NudgeSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "surface": "add `surface: tooltip`, banner or modal",
        "content": "add `content:` with a language, a title and a body",
    }
    key = Key(required=True)
    title = Text(required=True)
    surface = OneOf("tooltip", "banner", "modal", required=True)
    goal = One(GoalSchema)
    audience = Document()
    where = One(WhereSchema)
    frequency = One(FrequencySchema)
    holdout = One(HoldoutSchema)
    priority = OneOf("deepen", "start", "announce")
    schedule = One(ScheduleSchema)
    from_play = Flag()
    content = MapOf(One(ContentSchema), required=True)
    cases = ListOf(One(CaseSchema))


# --- plays/*.yaml ---------------------------------------------------------------------------------
class TriggerSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"signal": "add `signal: usage_decay`"}
    signal = Text(required=True)
    milestone = Key()
    severity = fields.Raw()
    feature = fields.Raw()


class RecipientsSchema(Schema):
    role = Texts()
    limit = Number(whole=True, least=1, most=50)


class EmailSchema(Schema):
    template = Key(required=True)
    to = One(RecipientsSchema)


class NudgeStepSchema(Schema):
    key = Key(required=True)
    role = Texts()
    days = Number(least=1, most=365)


class WaitSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"days": "add `days: 3`"}
    days = Number(required=True, least=0.01, most=365)
    or_ = OneOf("goal", data_key="or")


class DueSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"business_days": "add `business_days: 2`"}
    business_days = Number(whole=True, required=True, most=60)


class TaskSchema(Schema):
    template = Key(required=True)
    due = One(DueSchema)
    mute_digital = Flag()


class StepField(fields.Field[tuple[str, Any]]):
    """One step of a play: a mapping with exactly one kind."""

    kinds: ClassVar[dict[str, type[Schema]]] = {
        "email": EmailSchema,
        "nudge": NudgeStepSchema,
        "wait": WaitSchema,
        "task": TaskSchema,
    }
    short: ClassVar[dict[str, str]] = {"nudge": "key"}  # `nudge: some-key` for `nudge: {key: some-key}`

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[str, Any]:
        known = ", ".join([*self.kinds, "webhook"])
        if not isinstance(value, dict) or len(value) != 1:
            raise refuse("step_shape", "a step is a mapping with one kind", f"write one of: {known}")
        kind, inner = next(iter(value.items()))
        try:
            if kind == "webhook":
                return kind, Key().deserialize(inner, kind, value)
            if kind not in self.kinds:
                raise refuse("unknown_step", f"unknown step {kind!r}", f"use one of: {known}")
            if isinstance(inner, str) and kind in self.short:
                inner = {self.short[kind]: inner}
            return kind, One(self.kinds[kind]).deserialize(inner, kind, value)
        except ValidationError as error:
            raise ValidationError({kind: error.messages}) from None


class PlaySchema(Schema):
    """Everything of a play but its branches, whose keys are the workspace's motions."""

    examples: ClassVar[dict[str, str]] = {"on": "add `on: {signal: usage_decay}`"}
    key = Key(required=True)
    title = Text(required=True)
    on = One(TriggerSchema, required=True)
    audience = Document()
    goal = One(GoalSchema)
    every_days = Number(least=1, most=3650)


# --- templates/*.md, the lines between --- ----------------------------------------------------------
class FrontMatterSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"subject": "add `subject: …` between the --- lines"}
    subject = Text(required=True, most=200)
    kind = OneOf("passive", "survey", "transactional")
