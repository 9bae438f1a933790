"""Checks of journey.yaml."""

from __future__ import annotations

from waypost_server.definitions.findings import Where

from .context import Context
from .goals import REMEDY, only_logins


def run(context: Context) -> None:
    """Steps name features, step keys are unique, phases exist and end after they start."""
    source = context.file("journey.yaml")
    for phase in context.definitions.journey.phases:
        if phase.end_day is not None and phase.end_day <= phase.start_day:
            message = f"phase {phase.key!r} ends on day {phase.end_day}, before it starts"
            where = ("phases", phase.key, "end_day")
            context.report.error(
                source, where, "phase_shape", message, "use a later day, or leave end_day out"
            )
    for milestone in context.definitions.journey.milestones:
        place: Where = ("milestones", milestone.key)
        if milestone.phase is not None:
            context.require("phase", milestone.phase, source, (*place, "phase"))
        if only_logins(context, milestone):
            message = f"milestone {milestone.key!r} is made of logins alone"
            context.report.error(source, place, "login_goal", message, REMEDY)
        seen: set[str] = set()
        for index, step in enumerate(milestone.steps):
            at = (*place, "steps", index)
            context.require("feature", step.feature, source, (*at, "feature"))
            if step.key in seen:
                message = f"two steps have the key {step.key!r}"
                context.report.error(source, at, "duplicate_key", message, "give one of them another `key:`")
            seen.add(step.key)
