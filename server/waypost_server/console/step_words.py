"""Steps of a play in plain words, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from waypost_server.console.words import humanise, plural
from waypost_server.domain.definitions import (
    Definitions,
    EmailStep,
    NudgeStep,
    PlayStep,
    Recipients,
    TaskStep,
    WaitStep,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A step as it reads: what it does, a detail below, and a nudge it names."""

    kind: str
    text: str
    detail: str = ""
    nudge: str | None = None


def describe(step: PlayStep, definitions: Definitions) -> Told:
    """One step in words."""
    if isinstance(step, EmailStep):
        template = definitions.templates.get(step.template)
        return Told(
            "email", f"Send “{template.subject if template else step.template}”", f"to {_people(step.to)}"
        )
    if isinstance(step, NudgeStep):
        titles = {each.key: each.title for each in definitions.nudges}
        who = " or ".join(humanise(role) for role in step.role) if step.role else "everybody in the account"
        return Told(
            "nudge",
            f"Hand out the nudge “{titles.get(step.nudge, step.nudge)}”",
            f"to {who}, for {plural(step.days, 'day')}",
            step.nudge,
        )
    if isinstance(step, WaitStep):
        return Told(
            "wait",
            f"Wait {plural(step.days, 'day')}",
            "ends early when the goal is reached" if step.or_goal else "",
        )
    if isinstance(step, TaskStep):
        template = definitions.templates.get(step.template)
        detail = f"due in {plural(step.due_business_days, 'business day')}"
        if step.mute_digital:
            detail += "; digital plays stay quiet meanwhile"
        return Told(
            "task", f"Give a CSM the task “{template.subject if template else step.template}”", detail
        )
    return Told("webhook", f"Call the webhook {step.webhook}")


def _people(to: Recipients) -> str:
    roles = " or ".join(humanise(role) for role in to.role) if to.role else "people of the account"
    many = "the most recently active one" if to.limit == 1 else f"at most {to.limit}, the last active first"
    return f"{roles}: {many}"
