"""The state machine of a run: any graph of steps ends, with a reason, and waits end when they should."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.definitions import EmailStep, PlayStep, TaskStep
from waypost_server.domain.flow_steps import (
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
from waypost_server.domain.play_machine import Act, End, Go, Outcome, Pause, Position, next_move
from waypost_server.domain.play_program import program, walk

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)  # Thursday, 10:00 in New York
STEPS: tuple[PlayStep, ...] = (EmailStep("tips"), WaitStep(3, or_goal=True), TaskStep("brief"))


@dataclass
class Seen:
    """A world in which everything is as it is told; conditions are answered in turn."""

    goal: bool = False
    answers: list[bool] = field(default_factory=list)
    happened: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    zone: tzinfo = NEW_YORK

    def goal_reached(self) -> bool:
        return self.goal

    def holds(self, condition: Any) -> bool:
        return self.answers.pop(0) if self.answers else False

    def came(self, until: UntilUsed | UntilReached, since: datetime) -> bool:
        return self.happened

    def value(self, fact: str) -> Any:
        return self.facts.get(fact)


def move(
    step: int,
    *,
    steps: tuple[PlayStep, ...] = STEPS,
    account: str | None = "long_tail",
    waiting: tuple[datetime, datetime] | None = None,
    exit_when: Any = None,
    now: datetime = NOW,
    **world: Any,
) -> object:
    position = Position(step, "long_tail", waiting)
    seen = Seen(**world)
    return next_move(
        program(steps), position, account_motion=account, exit_when=exit_when, sight=seen, now=now
    )


def test_the_moves_of_a_run() -> None:
    """Act, wait, go on, complete."""
    later = NOW + timedelta(days=3)
    assert move(0) == Act(STEPS[0])
    assert move(1) == Pause(later, later)
    assert move(1, waiting=(NOW, NOW + timedelta(hours=1))) == Pause(*[NOW + timedelta(hours=1)] * 2)
    assert move(1, waiting=(NOW - timedelta(days=3), NOW)) == Go(2)
    assert move(3) == End("completed")


@given(st.integers(0, 4), st.sampled_from(["long_tail", "strategic", None, "scale"]), st.booleans())
def test_a_run_for_software_never_acts_on_a_strategic_account(
    step: int, account: str | None, goal: bool
) -> None:
    """Whatever the position: goal first, then the motion, and only then the step."""
    found = move(step, account=account, goal=goal)
    if goal:
        assert found == End("goal_reached")
    elif account in ("strategic", None):
        assert found == End("motion_changed")


def test_the_exit_comes_before_the_step_and_after_the_goal() -> None:
    """What stops a play is asked whenever a step would act."""
    assert move(0, exit_when={"a": 1}, answers=[True]) == End("exited")
    assert move(0, exit_when={"a": 1}, answers=[False]) == Act(STEPS[0])
    assert move(0, exit_when={"a": 1}, goal=True, answers=[True]) == End("goal_reached")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    ("step", "ends"),
    [
        (WaitStep(hours=4), "2026-11-26T14:00"),
        (WaitStep(business_days=2), "2026-11-30T10:00"),  # Thursday and two: Monday, at the same time
        (WaitStep(until=UntilClock("09:00", "tuesday")), "2026-12-01T09:00"),
        (WaitStep(until=UntilClock("11:30")), "2026-11-26T11:30"),
        (WaitStep(until=UntilClock("10:00")), "2026-11-27T10:00"),  # now is not later
        (WaitStep(until=UntilClock("09:00", "thursday")), "2026-12-03T09:00"),
        (WaitStep(until=UntilDate("account.renewal_on", 2)), "2026-12-08T09:00"),
    ],
)
def test_a_wait_ends_where_the_subject_lives(step: WaitStep, ends: str) -> None:
    """Clock times, weekdays and dates are those of the subject's zone."""
    found = move(0, steps=(step, *STEPS), facts={"account.renewal_on": "2026-12-10"})
    assert isinstance(found, Pause) and found.until == at(ends)


@pytest.mark.parametrize("value", [None, "soon", "2026-13-45", True, {}, "99999-01-01"])
def test_a_date_nobody_knows_is_not_waited_for(value: Any) -> None:
    """The story says so, and the play goes on."""
    step = WaitStep(until=UntilDate("account.ends"))
    assert move(0, steps=(step,), facts={"account.ends": value}) == Go(
        1, "Not waited: the fact holds no date."
    )


HOPES: list[Until] = [UntilUsed("launch"), UntilReached("first"), UntilTrue({"a": 1})]


@pytest.mark.parametrize("until", HOPES)
def test_a_wait_that_hopes_has_two_ways_on(until: Until) -> None:
    """It happened: past the timeout's steps. It did not in time: through them."""
    steps = (WaitStep(days=5, until=until, timeout=(EmailStep("late"),)), TaskStep("brief"))
    waiting = (NOW - timedelta(days=5), NOW)
    assert move(0, steps=steps, happened=True, answers=[True]) == Go(2, "It happened; the wait is over.")
    assert move(0, steps=steps, waiting=waiting) == Go(1, "It did not happen in time.")
    paused = move(0, steps=steps)
    assert isinstance(paused, Pause) and paused.until == NOW + timedelta(days=5)
    daily = isinstance(until, UntilTrue)
    assert paused.look_at == NOW + timedelta(days=1 if daily else 5)


def test_a_branch_goes_one_way_and_then_on() -> None:
    """Numbers are those of the file: the inner steps follow the one that holds them."""
    branch = BranchStep({"a": 1}, (EmailStep("yes"),), (EmailStep("no"), EndStep("enough")))
    steps = (branch, TaskStep("brief"))
    assert [each.step.kind for each in program(steps)] == ["branch", "email", "email", "end", "task"]
    assert move(0, steps=steps, answers=[True]) == Go(1, "The condition holds.")
    assert move(0, steps=steps, answers=[False]) == Go(2, "The condition does not hold.")
    assert program(steps)[1].following == 4  # past the other way
    assert move(3, steps=steps) == End("ended_early", "enough")
    alone = (BranchStep({"a": 1}, (EmailStep("yes"),)), TaskStep("brief"))
    assert move(0, steps=alone, answers=[False]) == Go(2, "The condition does not hold.")


LEAVES = st.sampled_from(
    [
        EmailStep("tips"), TaskStep("brief"), SetTraitStep("stage", "late"), EndStep("enough"), WaitStep(1),
        WaitStep(business_days=2), WaitStep(until=UntilClock("09:00", "friday")),
        WaitStep(until=UntilDate("account.x")),
    ]
)  # fmt: skip


def _holding(inner: st.SearchStrategy[PlayStep]) -> st.SearchStrategy[PlayStep]:
    lists = st.lists(inner, max_size=3).map(tuple)
    waits = st.builds(
        lambda until, late: WaitStep(days=2, until=until, timeout=late), st.sampled_from(HOPES), lists
    )
    return waits | st.builds(BranchStep, st.just({"a": 1}), lists, lists)


GRAPHS = st.lists(st.recursive(LEAVES, _holding, max_leaves=12), min_size=1, max_size=6).map(tuple)


@given(GRAPHS, st.lists(st.booleans(), max_size=30), st.booleans(), st.integers(0, 40))
def test_every_run_of_every_graph_ends_with_a_reason(
    steps: tuple[PlayStep, ...], answers: list[bool], happened: bool, goal_at: int
) -> None:
    """Every move leads to a higher number or to a later time, and the last one is an end with a type."""
    made, seen = program(steps), Seen(answers=answers, happened=happened)
    assert [each.step for each in made] == list(walk(steps))
    step, now, waiting = 0, NOW, None
    for turn in range(3 * len(made) + 10):
        seen.goal = turn == goal_at
        found = next_move(
            made, Position(step, "long_tail", waiting), account_motion="long_tail", exit_when=None, sight=seen, now=now
        )  # fmt: skip
        if isinstance(found, End):
            assert found.outcome in get_args(Outcome)
            return
        if isinstance(found, Pause):
            assert now < found.look_at <= found.until
            waiting, now = (waiting[0] if waiting else now, found.until), found.until
        else:
            to = found.to if isinstance(found, Go) else made[step].following
            assert step < to <= len(made)
            step, waiting = to, None
    raise AssertionError("the run never ended")
