"""plays/<key>.yaml → a `Play`: what starts it, and a branch of steps per motion."""

from __future__ import annotations

from typing import Any

from waypost_server.domain.definitions import (
    EmailStep,
    NudgeStep,
    Play,
    PlayStep,
    Recipients,
    TaskStep,
    Trigger,
    WaitStep,
    WebhookStep,
)  # fmt: skip

from .build_nudge import build_goal
from .findings import Report, Source
from .nested import ListOf, validate, validate_field
from .schemas import PlaySchema, StepField


def build_play(source: Source, report: Report) -> Play | None:
    """Any key that holds a list is a branch; its name is checked against the catalogue's motions later."""
    raw = source.data if isinstance(source.data, dict) else {}
    fields = PlaySchema().fields
    branches = {key: value for key, value in raw.items() if isinstance(value, list) and key not in fields}
    data = validate(PlaySchema(), {key: raw[key] for key in raw if key not in branches}, source, report)
    built = {key: _branch(source, report, key, value) for key, value in branches.items()}
    if not branches:
        remedy = "add `long_tail:` and `strategic:`, each with a list of steps"
        report.error(source, (), "no_branch", "this play has no steps", remedy)
    if data is None or not built or any(steps is None for steps in built.values()):
        return None
    return Play(
        key=data["key"],
        title=data["title"],
        on=_trigger(data["on"]),
        branches={key: steps for key, steps in built.items() if steps is not None},
        audience=data.get("audience", {}),
        goal=build_goal(data),
        every_days=data.get("every_days", 30),
        source=source.at(("key",)),
    )


def _branch(source: Source, report: Report, motion: str, steps: list[Any]) -> tuple[PlayStep, ...] | None:
    field = ListOf(StepField(), least=1)
    loaded = validate_field(field, steps, source, report, (motion,))
    return None if loaded is None else tuple(_step(kind, value) for kind, value in loaded)


def _trigger(data: dict[str, Any]) -> Trigger:
    where: dict[str, Any] = {name: data[name] for name in ("severity", "feature") if name in data}
    return Trigger(data["signal"], where, data.get("milestone"))


def _step(kind: str, data: Any) -> PlayStep:
    if kind == "email":
        to = data.get("to", {})
        return EmailStep(data["template"], Recipients(to.get("role"), to.get("limit", 1)))
    if kind == "nudge":
        return NudgeStep(data["key"], data.get("role"), data.get("days", 14))
    if kind == "wait":
        return WaitStep(data["days"], data.get("or_") == "goal")
    if kind == "webhook":
        return WebhookStep(data)
    due = data.get("due", {}).get("business_days", 2)
    return TaskStep(data["template"], due, data.get("mute_digital", False))
