"""Checks of plays/*.yaml."""

from __future__ import annotations

from typing import Any

from waypost_server.definitions.findings import Source, Where
from waypost_server.definitions.nested import nearest
from waypost_server.domain.condition_errors import shown
from waypost_server.domain.conditions import ConditionError, compile_condition
from waypost_server.domain.definitions import (
    ChatStep,
    EmailStep,
    MessageStep,
    NudgeStep,
    Play,
    PlayStep,
    TaskStep,
    WaitStep,
    WebhookStep,
    WorkshopStep,
)
from waypost_server.domain.fact_catalogue import SIGNALS
from waypost_server.domain.operators import NESTING_OPERATORS

from .context import Context
from .goals import check_goal
from .play_flow import check_flow, families, placed
from .rules import check_condition

_ABOUT_THE_FACT = (*NESTING_OPERATORS, "$exists", "$type")  # their value is no severity


def run(context: Context) -> None:
    """Each play: what starts it, for whom, to what end, and a branch for every motion."""
    for play in context.definitions.plays:
        source = context.source(play.source)
        _trigger(context, play, source)
        check_condition(context, play.audience, source, ("audience",), families=families(play))
        if play.exit is not None:
            check_condition(context, play.exit, source, ("exit",), families=families(play))
        if play.goal is None:
            message = "this play has no goal, so nobody can tell whether it worked"
            context.report.warning(source, ("key",), "no_goal", message, "add `goal: {milestone: …}`")
        else:
            check_goal(context, play.goal, source)
        _branches(context, play, source)


def _trigger(context: Context, play: Play, source: Source) -> None:
    on = play.on
    if on.signal:
        _signal(context, play, source)
        if play.subject == "user":
            message = "the signal says whom a run is about"
            context.report.error(source, ("subject",), "subject_of_signal", message, "remove `subject:`")
    if on.condition is not None:
        check_condition(context, on.condition, source, ("on", "condition"), families=families(play))


def _signal(context: Context, play: Play, source: Source) -> None:
    on = play.on
    if on.signal not in SIGNALS:
        message = f"there is no signal {on.signal!r}"
        context.report.error(source, ("on", "signal"), "unknown_signal", message, nearest(on.signal, SIGNALS))
    if on.milestone is not None:
        where = ("on", "milestone")
        context.require("milestone", on.milestone, source, where)
        if not on.signal.startswith("milestone_"):
            message = f"{on.signal} is not about a milestone"
            context.report.error(source, where, "trigger_shape", message, "remove `milestone:`")
        elif on.signal == "milestone_reached" and play.goal and play.goal.milestone == on.milestone:
            message = "the goal is what starts the play, so it is reached before the first step"
            context.report.error(source, ("goal",), "goal_reached", message, "name the next behaviour")
    try:
        asked = compile_condition(on.where)
    except ConditionError as error:
        context.report.error(source, ("on", *error.where), error.code, error.message, error.remedy)
        return
    for leaf in asked.leaves():
        for value in leaf.wanted if isinstance(leaf.wanted, list) else [leaf.wanted]:
            if leaf.operator not in _ABOUT_THE_FACT and not _may_be_severity(value):
                message = f"a severity is a number from 0 to 1, never {shown(value)}"
                remedy = "write `severity: {$gte: 0.5}`"
                context.report.error(source, ("on", *leaf.where), "bad_severity", message, remedy)


def _may_be_severity(value: Any) -> bool:
    return value.__class__ in (int, float) and 0 <= value <= 1


def _branches(context: Context, play: Play, source: Source) -> None:
    motions = context.known("motion")
    for motion in motions:
        if motion not in play.branches:
            message = f"{motion} accounts get nothing from this play"
            context.report.warning(
                source, ("key",), "missing_branch", message, f"add `{motion}:` with a list of steps"
            )
    for motion, steps in play.branches.items():
        if motion not in motions and context.defines("motion"):
            message = f"no account is ever served as {motion!r}"
            context.report.error(source, (motion,), "unknown_motion", message, nearest(motion, motions))
        for step, where in placed(steps, (motion,)):
            _step(context, play, step, source, where)
            if motion == "strategic" and (
                isinstance(step, EmailStep | NudgeStep | WorkshopStep | MessageStep)
                or (isinstance(step, ChatStep) and not context.definitions.policy.is_ours(step.room))
            ):
                message = f"an automated {step.kind} never goes to a strategic account; it becomes a draft for the CSM"
                context.report.warning(source, where, "guarded_step", message, "use a task")
        if isinstance(steps[-1], WaitStep) and not steps[-1].timeout:
            message = "the last step waits for nothing"
            context.report.warning(
                source, (motion, len(steps) - 1), "last_wait", message, "remove it, or add a step"
            )


def _step(context: Context, play: Play, step: PlayStep, source: Source, where: Where) -> None:
    at = (*where, step.kind)
    if isinstance(step, EmailStep | ChatStep | TaskStep | WorkshopStep):
        context.require("template", step.template, source, (*at, "template"))
    if isinstance(step, WorkshopStep):
        context.require("workshop", step.workshop, source, (*at, "key"))
    if isinstance(step, EmailStep | WorkshopStep):
        for role in step.to.role or ():
            context.require("role", role, source, (*at, "to", "role"))
    if isinstance(step, NudgeStep):
        for role in step.role or ():
            context.require("role", role, source, (*at, "role"))
        _handed(context, step, source, at)
    if isinstance(step, ChatStep):
        context.require("chat", step.room, source, (*at, "room"))
    if isinstance(step, WebhookStep):
        context.require("webhook", step.webhook, source, at)
    if isinstance(step, MessageStep):
        _message(context, step, source, at)
    check_flow(context, play, step, source, at)


def _message(context: Context, step: MessageStep, source: Source, at: Where) -> None:
    for role in step.to.role or ():
        context.require("role", role, source, (*at, "role"))
    if step.email:
        context.require("template", step.email, source, (*at, "email"))
    if step.room:
        context.require("chat", step.room, source, (*at, "chat", "room"))
        context.require("template", step.chat_template, source, (*at, "chat", "template"))
    if step.nudge:
        _handed(context, NudgeStep(step.nudge), source, (*at, "in_app"))


def _handed(context: Context, step: NudgeStep, source: Source, at: Where) -> None:
    if not context.require("nudge", step.nudge, source, at):
        return
    nudge = next(each for each in context.definitions.nudges if each.key == step.nudge)
    if not nudge.from_play:
        message = f"the nudge {step.nudge!r} also shows without this play"
        context.report.warning(
            source, at, "not_from_play", message, f"add `from_play: true` to {nudge.source}"
        )
