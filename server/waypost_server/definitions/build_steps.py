"""Steps as they were read → the steps of a `Play`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from waypost_server.domain.definitions import (
    ChatStep,
    EmailStep,
    MessageStep,
    NudgeStep,
    PlayStep,
    Recipients,
    TaskStep,
    WebhookStep,
    WorkshopStep,
)  # fmt: skip
from waypost_server.domain.flow_steps import (
    MORNING,
    BranchStep,
    EndStep,
    SetTraitStep,
    Until,
    UntilClock,
    UntilDate,
    UntilReached,
    UntilTrue,
    UntilUsed,
    WaitStep,
)

Data = Mapping[str, Any]


def build_steps(loaded: Iterable[tuple[str, Any]]) -> tuple[PlayStep, ...]:
    """The steps of a list, each given as (kind, what was read)."""
    return tuple(_step(kind, value) for kind, value in loaded)


def _step(kind: str, data: Any) -> PlayStep:
    if kind == "webhook":
        return WebhookStep(data)
    maker: Callable[[Data], PlayStep] = _MAKERS[kind]
    return maker(data)


def _email(data: Data) -> PlayStep:
    to = data.get("to", {})
    return EmailStep(data["template"], Recipients(to.get("role"), to.get("limit", 1)))


def _nudge(data: Data) -> PlayStep:
    return NudgeStep(data["key"], data.get("role"), data.get("days", 14))


def _task(data: Data) -> PlayStep:
    due = data.get("due", {}).get("business_days", 2)
    return TaskStep(data["template"], due, data.get("mute_digital", False), data.get("next_step", ""))


def _workshop(data: Data) -> PlayStep:
    to = data.get("to", {})
    people = Recipients(to.get("role"), to.get("limit", 5))
    return WorkshopStep(data["key"], data["template"], people, data.get("within_days", 30))


def _message(data: Data) -> PlayStep:
    chat = data.get("chat", {})
    return MessageStep(
        email=data.get("email", ""),
        nudge=data.get("in_app", ""),
        room=chat.get("room", ""),
        chat_template=chat.get("template", ""),
        to=Recipients(data.get("role")),
        channel=data.get("channel"),
        seen_within_days=data.get("seen_within_days", 3),
    )


def _wait(data: Data) -> PlayStep:
    return WaitStep(
        days=data.get("days"),
        or_goal=data.get("or_") == "goal",
        hours=data.get("hours"),
        business_days=data.get("business_days"),
        until=_until(data["until"]) if "until" in data else None,
        timeout=build_steps(data.get("timeout", ())),
    )


def _until(data: Data) -> Until:
    if "fact" in data:
        return UntilDate(data["fact"], data.get("days_before", 0), data.get("at", MORNING))
    if "feature" in data:
        return UntilUsed(data["feature"])
    if "milestone" in data:
        return UntilReached(data["milestone"])
    if "condition" in data:
        return UntilTrue(data["condition"])
    return UntilClock(data.get("at", MORNING), data.get("weekday"))


def _branch(data: Data) -> PlayStep:
    return BranchStep(data["when"], build_steps(data["then"]), build_steps(data.get("else_", ())))


_MAKERS = {
    "email": _email,
    "chat": lambda data: ChatStep(data["room"], data["template"]),
    "nudge": _nudge,
    "task": _task,
    "workshop": _workshop,
    "message": _message,
    "wait": _wait,
    "branch": _branch,
    "set_trait": lambda data: SetTraitStep(data["trait"], data["value"], data.get("of", "account")),
    "end": lambda data: EndStep(data["reason"]),
}
