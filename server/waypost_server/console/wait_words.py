"""A wait in plain words: how long, until when, for what."""

from __future__ import annotations

from waypost_server.console.conditions import Reader
from waypost_server.console.words import plural, sentence
from waypost_server.domain.flow_steps import (
    UNTIL_BEHAVIOUR,
    Until,
    UntilClock,
    UntilDate,
    UntilReached,
    UntilTrue,
    UntilUsed,
    WaitStep,
)


def wait_words(step: WaitStep, reader: Reader) -> str:
    """ "Wait 3 days", "Wait until Tuesday 09:00", "Wait until Report export is used"."""
    if step.until is None:
        return f"Wait {_length(step)}"
    most = f", {_length(step)} at most" if isinstance(step.until, UNTIL_BEHAVIOUR) else ""
    return f"Wait until {_until(step.until, reader)}{most}"


def wait_detail(step: WaitStep) -> str:
    """What else is true of it."""
    if step.or_goal:
        return "ends early when the goal is reached"
    return "Monday to Friday, where the subject lives" if step.business_days is not None else ""


def _length(step: WaitStep) -> str:
    if step.business_days is not None:
        return plural(step.business_days, "business day")
    return plural(step.hours, "hour") if step.hours is not None else plural(step.days or 0, "day")


def _until(until: Until, reader: Reader) -> str:
    if isinstance(until, UntilClock):
        return f"{until.weekday.capitalize()} {until.at}" if until.weekday else f"it is {until.at}"
    if isinstance(until, UntilDate):
        before = f"{plural(until.days_before, 'day')} before " if until.days_before else ""
        return f"{before}the day in {reader.fact(until.fact)}"
    if isinstance(until, UntilUsed):
        return f"{reader.features.get(until.feature, sentence(until.feature))} is used"
    if isinstance(until, UntilReached):
        title = reader.milestones.get(until.milestone, sentence(until.milestone))
        return f"the milestone {title} is reached"
    assert isinstance(until, UntilTrue)
    return reader.summary(until.condition)
