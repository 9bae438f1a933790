"""The shape of every file, as marshmallow schemas: unknown keys refused, nothing converted."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validates_schema

from .fields import (
    ClockTime,
    Colour,
    Document,
    Flag,
    Key,
    Number,
    OneOf,
    Span,
    Text,
    Texts,
    Values,
    refuse,
    shown,
)
from .findings import Problem
from .nested import ListOf, MapOf, One, Schema
from .nudge_schemas import GoalSchema


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


class SavedGroupSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"title": "add `title: Beta accounts`"}
    title = Text(required=True)
    values = Values()
    when = Document()

    @validates_schema
    def _exactly_one(self, data: Any, **_: Any) -> None:
        if ("values" in data) == ("when" in data):
            message = "a group is a list of values or a condition"
            raise refuse("group_shape", message, "write `values: [one, two]` or `when: {user.role: admin}`")


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
    default_locale = Text(most=20)
    groups = MapOf(One(SavedGroupSchema), keys=Key())


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


class PathSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"nudges": "add `nudges: [first-nudge, second-nudge]`"}
    title = Text(required=True)
    roles = Texts()
    nudges = Texts(required=True)


class JourneySchema(Schema):
    phases = MapOf(One(PhaseSchema), keys=Key())
    milestones = MapOf(One(MilestoneSchema), keys=Key())
    paths = MapOf(One(PathSchema), keys=Key())


# --- policy.yaml ----------------------------------------------------------------------------------
class CapSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"max": "add `max: 2`", "per": "add `per: 7d`"}
    max = Number(whole=True, required=True)
    per = Span(required=True)
    scope = OneOf("person", "account")
    kinds = Texts()
    channels = Texts()


class ApprovalSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"above": "add `above: 500`"}
    above = Number(whole=True, least=1, most=100_000_000, required=True)


class QuietHoursSchema(Schema):
    start = ClockTime(required=True)
    end = ClockTime(required=True)
    in_app = Flag()


class SessionRuleSchema(Schema):
    max = Number(whole=True, allow_none=True)
    settle = Span(allow_none=True)


class PlayEmailsSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"max": "add `max: 1`", "per": "add `per: 7d`"}
    max = Number(whole=True, required=True)
    per = Span(required=True)


class StandingHoldoutSchema(Schema):
    percent = Number(most=50, required=True)


class UrgentRuleSchema(Schema):
    severity = Number(least=0, most=1)
    value = Number(least=0, most=1e12)
    renewal_days = Number(whole=True, least=0, most=730)

    @validates_schema
    def _at_least_one(self, data: Any, **_: Any) -> None:
        if not data:
            remedy = "write `{severity: 0.9}` or `{severity: 0.5, renewal_days: 60}`"
            raise refuse("urgent_shape", "a rule without a line would make every task urgent", remedy)


class TaskPolicySchema(Schema):
    capacity = Number(whole=True, least=1, most=500, allow_none=True)
    lead = Text(most=320)
    urgent = ListOf(One(UrgentRuleSchema), allow_none=True)
    webhook = Key()
    chat = Key()


class MailRateSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"max": "add `max: 100`", "per": "add `per: 1h`"}
    max = Number(whole=True, least=1, required=True)
    per = Span(required=True)


class TopicSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "titles": "add `titles: {en: Product tips}`",
        "plays": "add `plays:` with the keys of plays",
    }
    titles = MapOf(Text(most=80), keys=Text(most=20), required=True)
    plays = Texts(required=True)


class ChatRoomSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"service": "add `service: slack` or `service: teams`"}
    service = OneOf("slack", "teams", required=True)
    room = Text(most=100)
    room_trait = Text(most=100)

    @validates_schema
    def _one_room(self, data: Any, **_: Any) -> None:
        if data.get("service") == "teams" and ("room" in data or "room_trait" in data):
            message = "a Teams address leads to one room already"
            raise refuse("chat_room", message, "remove `room` and `room_trait`")
        if "room" in data and "room_trait" in data:
            raise refuse("chat_room", "this names two rooms", "keep `room` or `room_trait`")


class PaletteSchema(Schema):
    accent = Colour()
    accent_text = Colour()
    background = Colour()
    text = Colour()
    muted = Colour()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        remedy = 'put it in quotes: "#0b6e5a". Without them # begins a comment'
        for name, field in self.fields.items():
            field.error_messages["null"] = Problem("no_value", f"{name} has no value", remedy)  # type: ignore[assignment]


class ThemeSchema(Schema):
    light = One(PaletteSchema)
    dark = One(PaletteSchema)
    radius = Number(most=24)


class PolicySchema(Schema):
    caps = ListOf(One(CapSchema), allow_none=True)
    quiet_hours = One(QuietHoursSchema, allow_none=True)
    min_gap = Span(allow_none=True)
    session = One(SessionRuleSchema, allow_none=True)
    play_emails = One(PlayEmailsSchema, allow_none=True)
    holdout = One(StandingHoldoutSchema)
    approval = One(ApprovalSchema, allow_none=True)
    daily_ceiling = Number(whole=True, least=1, most=100_000_000, allow_none=True)
    dismissals_before_stop = Number(whole=True, least=1, most=100, allow_none=True)
    timezone = Text()
    webhooks = MapOf(Text(most=2000), keys=Key())
    tasks = One(TaskPolicySchema)
    chat = MapOf(One(ChatRoomSchema), keys=Key())
    topics = MapOf(One(TopicSchema), keys=Key())
    mail_rates = MapOf(One(MailRateSchema), keys=Text(most=253))
    channels = MapOf(Texts(), keys=Key())
    theme = One(ThemeSchema)


# --- plays/*.yaml ---------------------------------------------------------------------------------
class TriggerSchema(Schema):
    signal = Text()
    milestone = Key()
    severity = fields.Raw()
    condition = Document()
    person = Flag()

    @validates_schema
    def _one_start(self, data: Any, **_: Any) -> None:
        named = [name for name in ("signal", "condition", "person") if data.get(name)]
        remedy = "write `on: {signal: usage_decay}`, `on: {condition: {…}}` or `on: {person: true}`"
        if len(named) != 1:
            message = f"a play starts by one thing, not by {' and '.join(named) or 'nothing'}"
            raise refuse("trigger_shape", message, remedy)
        if named != ["signal"] and {"milestone", "severity"} & data.keys():
            raise refuse("trigger_shape", "milestone and severity are of a signal", remedy)


class EnrolSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"max": "add `max: 2`", "per": "add `per: 90d`"}
    max = Number(whole=True, least=1, required=True)
    per = Span(required=True)


class EnrolField(fields.Field[dict[str, Any]]):
    """`once`, or a number and a length of time."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, Any]:
        if value == "once":
            return {"max": 1, "per": None}
        if not isinstance(value, dict):
            message = f"{attr} cannot be {shown(value)}"
            raise refuse("enrol_shape", message, "write `enrol: once` or `enrol: {max: 2, per: 90d}`")
        return dict(One(EnrolSchema).deserialize(value, attr, data))


class PlaySchema(Schema):
    """Everything of a play but its branches, whose keys are the workspace's motions."""

    examples: ClassVar[dict[str, str]] = {"on": "add `on: {signal: usage_decay}`"}
    key = Key(required=True)
    title = Text(required=True)
    on = One(TriggerSchema, required=True)
    subject = OneOf("account", "user")
    audience = Document()
    goal = One(GoalSchema)
    exit = Document()
    every_days = Number(least=1, most=3650)
    enrol = EnrolField()
    status = OneOf("live", "paused")

    @validates_schema
    def _one_limit(self, data: Any, **_: Any) -> None:
        if "enrol" in data and "every_days" in data:
            message = "enrol and every_days say the same thing twice"
            raise refuse("enrol_shape", message, "keep enrol only")


# --- templates/*.md, the lines between --- ----------------------------------------------------------
class FrontMatterSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"subject": "add `subject: …` between the --- lines"}
    subject = Text(required=True, most=200)
    kind = OneOf("passive", "survey", "transactional")


class TemplateSchema(FrontMatterSchema):
    """A whole template, as an environment sees it."""

    body = Text(required=True, most=50_000)
