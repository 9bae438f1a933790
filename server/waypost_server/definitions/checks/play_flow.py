"""Checks of the steps that steer a play: waits, branches, traits and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from waypost_server.definitions.findings import Source, Where
from waypost_server.domain import facts
from waypost_server.domain.definitions import Play, PlayStep
from waypost_server.domain.flow_steps import (
    BranchStep,
    EndStep,
    SetTraitStep,
    UntilDate,
    UntilReached,
    UntilTrue,
    UntilUsed,
    WaitStep,
)

from .context import Context
from .rules import check_condition, check_fact

_ACCOUNT_FACTS = ("account", "account_usage", "role_usage", "milestone", "signal")


def families(play: Play) -> tuple[str, ...]:
    """The families of facts that conditions of this play may read."""
    return (*_ACCOUNT_FACTS, "user", "usage") if play.subject == "user" else _ACCOUNT_FACTS


def placed(steps: Sequence[PlayStep], where: Where) -> Iterator[tuple[PlayStep, Where]]:
    """Every step with its place in the file, the inner ones after the step that holds them."""
    for index, step in enumerate(steps):
        at = (*where, index)
        yield step, at
        if isinstance(step, BranchStep):
            yield from placed(step.then, (*at, "branch", "then"))
            yield from placed(step.otherwise, (*at, "branch", "else"))
        if isinstance(step, WaitStep):
            yield from placed(step.timeout, (*at, "wait", "timeout"))


def check_flow(context: Context, play: Play, step: PlayStep, source: Source, at: Where) -> None:
    """Report what is wrong with a step that steers; `at` is its place, its kind included."""
    if isinstance(step, WaitStep):
        _wait(context, play, step, source, at)
    elif isinstance(step, BranchStep):
        check_condition(context, step.when, source, (*at, "when"), families=families(play))
    elif isinstance(step, SetTraitStep):
        _trait(context, play, step, source, at)
    elif isinstance(step, EndStep):
        _end(context, play, source, at)


def _wait(context: Context, play: Play, step: WaitStep, source: Source, at: Where) -> None:
    if step.or_goal and play.goal is None:
        context.report.error(
            source, at, "wait_without_goal", "`or: goal` needs a goal", "add a goal, or remove `or`"
        )
    until, where = step.until, (*at, "until")
    if isinstance(until, UntilUsed):
        context.require("feature", until.feature, source, (*where, "feature"))
    elif isinstance(until, UntilReached):
        context.require("milestone", until.milestone, source, (*where, "milestone"))
    elif isinstance(until, UntilTrue):
        condition = (*where, "condition")
        check_condition(context, until.condition, source, condition, families=families(play))
    elif isinstance(until, UntilDate) and check_fact(context, until.fact, source, (*where, "fact")):
        fact = facts.find(until.fact)
        if fact is None or fact.type not in ("any", "text"):
            message = f"{until.fact} is no day or time"
            remedy = "name a trait that holds one, such as account.renewal_on"
            context.report.error(source, (*where, "fact"), "not_a_date", message, remedy)


def _trait(context: Context, play: Play, step: SetTraitStep, source: Source, at: Where) -> None:
    fact = facts.find(f"{step.of}.{step.trait}")
    if "." in step.trait or fact is None or fact.field != "<trait>":
        message = f"{step.trait!r} is no name for a trait: it is worked out, or could not be read back"
        context.report.error(
            source, (*at, "trait"), "trait_name", message, "choose another name, without dots"
        )
    if step.of == "user" and play.subject == "account" and not play.on.signal:
        message = "this play is about accounts, so there is no user"
        context.report.error(source, (*at, "of"), "no_user", message, "add `subject: user` to the play")


def _end(context: Context, play: Play, source: Source, at: Where) -> None:
    """Steps of the same list that stand below an `end`."""
    *above, index, _ = at
    steps: Any = source.data
    for part in above:
        steps = steps[part]  # the places come from the file itself
    if isinstance(steps, list) and isinstance(index, int) and index + 1 < len(steps):
        message = "no run comes here: the play ends before"
        where = (*above, index + 1)
        context.report.warning(source, where, "unreachable_step", message, "remove the step, or move `end`")
