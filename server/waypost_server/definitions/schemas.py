"""The shape of every file, as marshmallow schemas: unknown keys refused, nothing converted."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import fields, validates_schema

from .fields import ClockTime, Document, Flag, Key, Number, OneOf, Span, Text, Texts, Values, refuse
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


class PolicySchema(Schema):
    caps = ListOf(One(CapSchema), allow_none=True)
    quiet_hours = One(QuietHoursSchema, allow_none=True)
    min_gap = Span(allow_none=True)
    session = One(SessionRuleSchema, allow_none=True)
    play_emails = One(PlayEmailsSchema, allow_none=True)
    holdout = One(StandingHoldoutSchema)
    dismissals_before_stop = Number(whole=True, least=1, most=100, allow_none=True)
    timezone = Text()
    webhooks = MapOf(Text(most=2000), keys=Key())
    tasks = One(TaskPolicySchema)


# --- plays/*.yaml ---------------------------------------------------------------------------------
class TriggerSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"signal": "add `signal: usage_decay`"}
    signal = Text(required=True)
    milestone = Key()
    severity = fields.Raw()
    feature = fields.Raw()


class PlaySchema(Schema):
    """Everything of a play but its branches, whose keys are the workspace's motions."""

    examples: ClassVar[dict[str, str]] = {"on": "add `on: {signal: usage_decay}`"}
    key = Key(required=True)
    title = Text(required=True)
    on = One(TriggerSchema, required=True)
    audience = Document()
    goal = One(GoalSchema)
    exit = Document()
    every_days = Number(least=1, most=3650)


# --- templates/*.md, the lines between --- ----------------------------------------------------------
class FrontMatterSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"subject": "add `subject: …` between the --- lines"}
    subject = Text(required=True, most=200)
    kind = OneOf("passive", "survey", "transactional")
