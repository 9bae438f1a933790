"""plays/<key>.yaml → a `Play`: what starts it, and a branch of steps per motion."""

from __future__ import annotations

from typing import Any

from waypost_server.domain.definitions import ENROL_DAYS, Enrol, Play, PlayStep, Trigger

from .build_nudge import DAY, build_goal
from .build_steps import build_steps
from .findings import Report, Source
from .nested import made, validate, validate_field
from .schemas import PlaySchema
from .step_schemas import Steps


def build_play(source: Source, report: Report) -> Play | None:
    """Any key that holds a list is a branch; its name is checked against the catalogue's motions later."""
    raw = source.data if isinstance(source.data, dict) else {}
    fields = made(PlaySchema).fields
    branches = {key: value for key, value in raw.items() if isinstance(value, list) and key not in fields}
    data = validate(PlaySchema, {key: raw[key] for key in raw if key not in branches}, source, report)
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
        exit=data.get("exit"),
        subject=data.get("subject", "account"),
        enrol=_enrol(data),
        is_paused=data.get("status") == "paused",
        source=source.at(("key",)),
    )


def _branch(source: Source, report: Report, motion: str, steps: list[Any]) -> tuple[PlayStep, ...] | None:
    loaded = validate_field(Steps(), steps, source, report, (motion,))
    return None if loaded is None else build_steps(loaded)


def _trigger(data: dict[str, Any]) -> Trigger:
    return Trigger(
        signal=data.get("signal", ""),
        where={"severity": data["severity"]} if "severity" in data else {},
        milestone=data.get("milestone"),
        condition=data.get("condition"),
        person=data.get("person", False),
    )


def _enrol(data: dict[str, Any]) -> Enrol:
    if "enrol" in data:
        per = data["enrol"]["per"]
        return Enrol(data["enrol"]["max"], None if per is None else per / DAY)
    return Enrol(1, data.get("every_days", ENROL_DAYS))
