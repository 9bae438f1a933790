"""The shape of a play's steps."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validates_schema

from waypost_server.domain.channel_choice import CHANNELS
from waypost_server.domain.flow_steps import WEEKDAYS

from .fields import ClockTime, Document, Flag, Key, Number, OneOf, Scalar, Text, Texts, refuse
from .nested import ListOf, One, Schema

MOST_STEPS = 100  # in one list


class Steps(fields.Field[list[tuple[str, Any]]]):
    """A list of steps, on its own or inside a step."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[tuple[str, Any]]:
        return list(ListOf(StepField(), least=1, most=MOST_STEPS).deserialize(value, attr, data))


class RecipientsSchema(Schema):
    role = Texts()
    limit = Number(whole=True, least=1, most=50)


class EmailSchema(Schema):
    template = Key(required=True)
    to = One(RecipientsSchema)


class ChatSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"room": "add `room:` with a name under chat in policy.yaml"}
    room = Key(required=True)
    template = Key(required=True)


class NudgeStepSchema(Schema):
    key = Key(required=True)
    role = Texts()
    days = Number(least=1, most=365)


class UntilSchema(Schema):
    weekday = OneOf(*WEEKDAYS)
    at = ClockTime()
    fact = Text()
    days_before = Number(most=365)
    feature = Key()
    milestone = Key()
    condition = Document()

    @validates_schema
    def _one_thing(self, data: Any, **_: Any) -> None:
        named = [name for name in ("fact", "feature", "milestone", "condition") if name in data]
        clock = "weekday" in data or "at" in data
        if len(named) > 1 or not (named or clock) or ("weekday" in data and named):
            message = "a wait ends at one thing: a clock time, a fact, a feature, a milestone or a condition"
            raise refuse("until_shape", message, 'write `until: {weekday: tuesday, at: "09:00"}`')
        if named and named[0] != "fact" and clock:
            raise refuse("until_shape", f"`at` says nothing beside `{named[0]}`", "remove `at`")
        if "days_before" in data and "fact" not in data:
            raise refuse("until_shape", "`days_before` goes with `fact`", "add `fact: account.renewal_on`")


class WaitSchema(Schema):
    days = Number(least=0.01, most=365)
    hours = Number(least=0.25, most=8_760)
    business_days = Number(whole=True, least=1, most=250)
    or_ = OneOf("goal", data_key="or")
    until = One(UntilSchema)
    timeout = Steps()

    @validates_schema
    def _one_length(self, data: Any, **_: Any) -> None:
        lengths = [name for name in ("days", "hours", "business_days") if name in data]
        until = data.get("until", {})
        may_never_come = bool({"feature", "milestone", "condition"} & until.keys())
        if len(lengths) > 1:
            raise refuse("wait_shape", f"{' and '.join(lengths)} are two lengths", "keep one")
        if not lengths and (may_never_come or not until):
            message = "this may wait for ever" if until else "a wait needs a length or a time"
            raise refuse("wait_shape", message, "add `days: 3`")
        if lengths and until and not may_never_come:
            message = f"`until` names the time, and {lengths[0]} another one"
            raise refuse("wait_shape", message, f"remove `{lengths[0]}`")
        if "timeout" in data and not may_never_come and "or_" not in data:
            message = "`timeout` is for a wait that hopes for something"
            raise refuse("wait_shape", message, "put its steps after the wait")


class BranchSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "when": "add `when: {account.plan: growth}`",
        "then": "add `then:` with a list of steps",
    }
    when = Document(required=True)
    then = Steps(required=True)
    else_ = Steps(data_key="else")


class SetTraitSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"value": "add `value: …`; null takes the trait away"}
    trait = Text(required=True, most=100)
    value = Scalar(required=True, allow_none=True)
    of = OneOf("account", "user")


class EndSchema(Schema):
    reason = Text(required=True)


class DueSchema(Schema):
    examples: ClassVar[dict[str, str]] = {"business_days": "add `business_days: 2`"}
    business_days = Number(whole=True, required=True, most=60)


class TaskSchema(Schema):
    template = Key(required=True)
    due = One(DueSchema)
    mute_digital = Flag()
    next_step = Text(most=200)


class WorkshopStepSchema(Schema):
    examples: ClassVar[dict[str, str]] = {
        "key": "add `key:` with the key of a workshop",
        "template": "add `template:` with the words of the invitation",
    }
    key = Key(required=True)
    template = Key(required=True)
    to = One(RecipientsSchema)
    within_days = Number(least=1, most=180)


class ChannelField(fields.Field[tuple[str, ...] | None]):
    """`preferred`, or channels in their order."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> tuple[str, ...] | None:
        if value == "preferred":
            return None
        known = ", ".join(CHANNELS)
        if not isinstance(value, list) or not value or any(each not in CHANNELS for each in value):
            raise refuse(
                "message_shape", "this is no order of channels", f"write `preferred`, or some of: {known}"
            )
        return tuple(value)


class MessageSchema(Schema):
    in_app = Key()
    email = Key()
    chat = One(ChatSchema)
    role = Texts()
    channel = ChannelField()
    seen_within_days = Number(least=0.25, most=60)

    @validates_schema
    def _several(self, data: Any, **_: Any) -> None:
        offered = {"in_app", "email", "chat"} & data.keys()
        if len(offered) < 2:
            message = "a message chooses between channels, and needs words for two at least"
            raise refuse(
                "message_shape", message, "add `in_app:`, `email:` or `chat:`, or use an `email` step"
            )
        unknown = [each for each in data.get("channel") or () if each not in offered]
        if unknown:
            message = f"the order names {unknown[0]}, and there are no words for it"
            raise refuse("message_shape", message, f"add `{unknown[0]}:`, or take it out of the order")


class StepField(fields.Field[tuple[str, Any]]):
    """One step of a play: a mapping with exactly one kind."""

    kinds: ClassVar[dict[str, type[Schema]]] = {
        "email": EmailSchema,
        "chat": ChatSchema,
        "nudge": NudgeStepSchema,
        "wait": WaitSchema,
        "task": TaskSchema,
        "workshop": WorkshopStepSchema,
        "message": MessageSchema,
        "branch": BranchSchema,
        "set_trait": SetTraitSchema,
        "end": EndSchema,
    }
    short: ClassVar[dict[str, str]] = {
        "nudge": "key",
        "end": "reason",
    }  # `nudge: some-key`, `end: some words`

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
