"""Coverage: for every segment, motion and state of a milestone, which play or nudge comes next?

A cell is covered by what the definitions say acts in it: a play that the milestone's own signal starts, or a
condition about it, or a nudge made for that moment. Plays on falling usage watch every reached milestone. What a
cell cannot know (usage, roles) is left open: a rule that may hold counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waypost_server.domain import facts
from waypost_server.domain.conditions import Compiled, ConditionError, compile_condition
from waypost_server.domain.coverage import EmptyOnPurpose
from waypost_server.domain.definitions import Definitions, Milestone, Nudge, Play, PlayStep, WaitStep
from waypost_server.domain.partial import truth
from waypost_server.domain.play_program import inside

STATES = ("open", "overdue", "reached")
NO_SEGMENT = "(none)"
HABIT = "usage_decay"  # the signal that watches what was reached


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the matrix. `next` names plays and nudges, plays first; `none` is why it is empty on purpose."""

    segment: str
    motion: str
    milestone: str
    state: str
    next: tuple[str, ...] = ()
    none: str | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing comes next here, and nobody said why."""
        return not self.next and self.none is None

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return {
            "segment": self.segment, "motion": self.motion, "milestone": self.milestone, "state": self.state,
            "next": list(self.next), "none": self.none,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flaw:
    """A play or nudge that cannot work: it never starts, or never ends."""

    code: str
    key: str
    source: str
    message: str
    remedy: str


def matrix(definitions: Definitions) -> tuple[Cell, ...]:
    """Every cell. Milestones in the journey's order, then state, segment, motion."""
    none = definitions.coverage.none if definitions.coverage else ()
    plays = [(play, compiled) for play in definitions.plays if (compiled := _compiled(play.audience))]
    nudges = [(nudge, compiled) for nudge in definitions.nudges if (compiled := _compiled(nudge.audience))]
    return tuple(
        _cell(milestone, place, plays, nudges, none)
        for milestone in definitions.journey.milestones
        for place in _places(definitions, milestone)
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A cell as facts: what is known there."""

    segment: str
    motion: str
    state: str
    facts: Mapping[str, Any]
    known: frozenset[str]

    def allows(self, condition: Compiled) -> bool:
        """Whether the condition may hold here."""
        return truth(condition.node, self.facts, self.known.__contains__) != "false"


def _places(definitions: Definitions, milestone: Milestone) -> Iterator[_Place]:
    for state in STATES:
        if state == "overdue" and milestone.due_days is None:
            continue
        for segment in segments_of(definitions):
            for motion in motions_of(definitions):
                yield _place(milestone, state, segment, motion)


def _place(milestone: Milestone, state: str, segment: str, motion: str) -> _Place:
    known: dict[str, Any] = {
        "account.segment": None if segment == NO_SEGMENT else segment,
        "account.motion": motion,
        f"milestone.{milestone.key}.reached": state == "reached",
        f"milestone.{milestone.key}.overdue": state == "overdue",
        "signal.milestone_overdue.open": True,
    }
    if state != "overdue":
        del known["signal.milestone_overdue.open"]  # another milestone may be overdue
    if state == "reached":
        known[f"milestone.{milestone.key}.progress"] = 1
        known[f"milestone.{milestone.key}.done"] = len(milestone.steps)
    document: dict[str, Any] = {}
    for path, value in known.items():
        facts.put(document, path, value)
    return _Place(segment, motion, state, document, frozenset(known))


def segments_of(definitions: Definitions) -> tuple[str, ...]:
    """Every segment, and "(none)" unless the last one takes everybody."""
    segments = definitions.catalog.segments
    rest = () if segments and not segments[-1].when else (NO_SEGMENT,)
    return (*(each.key for each in segments), *rest)


def motions_of(definitions: Definitions) -> tuple[str, ...]:
    """Every motion, the default one last."""
    catalog = definitions.catalog
    return tuple(dict.fromkeys([*(each.key for each in catalog.motions), catalog.default_motion]))


_Plays = list[tuple[Play, Compiled]]
_Nudges = list[tuple[Nudge, Compiled]]


def _cell(
    milestone: Milestone,
    place: _Place,
    plays: _Plays,
    nudges: _Nudges,
    none: tuple[EmptyOnPurpose, ...],
) -> Cell:
    answers = [play for play, audience in plays if _answers(play, milestone, place, audience)]
    found = [f"play {play.key}" for play in sorted(answers, key=lambda play: play.on.signal == HABIT)]
    found += [
        f"nudge {nudge.key}" for nudge, audience in nudges if _made_for(nudge, audience, milestone, place)
    ]
    where = (place.segment, place.motion, milestone.key, place.state)
    reason = next((each.reason for each in none if each.fits(*where)), None)
    segment, motion, key, state = where
    return Cell(segment, motion, key, state, tuple(found), None if found else reason)


def _answers(play: Play, milestone: Milestone, place: _Place, audience: Compiled) -> bool:
    """Whether an account here meets this play next: its signal is the one of this state, or the one to come."""
    if not play.branches.get(place.motion) or not place.allows(audience):
        return False
    if play.on.condition is not None:
        becomes = _compiled(play.on.condition)
        return becomes is not None and _speaks_of(becomes, milestone) and place.allows(becomes)
    if play.on.signal == HABIT:
        return place.state == "reached"
    if play.on.milestone not in (None, milestone.key):
        return False
    if play.on.signal == "milestone_reached":
        return place.state == "reached"
    overdue = play.on.signal == "milestone_overdue" and milestone.due_days is not None
    return overdue and place.state in ("open", "overdue")


def _made_for(nudge: Nudge, audience: Compiled, milestone: Milestone, place: _Place) -> bool:
    """Whether the nudge speaks to people here: it leads to the milestone, or waits for it to be reached."""
    if nudge.from_play or not place.allows(audience):
        return False
    leads = nudge.goal is not None and (
        nudge.goal.milestone == milestone.key
        or nudge.goal.feature in {step.feature for step in milestone.steps}
    )
    if place.state != "reached":
        return leads
    return _speaks_of(audience, milestone)


def _speaks_of(condition: Compiled, milestone: Milestone) -> bool:
    return any(path.startswith(f"milestone.{milestone.key}.") for path in condition.paths)


def flaws(definitions: Definitions) -> tuple[Flaw, ...]:
    """Plays that no account can start, and plays and nudges that never stop."""
    found = [flaw for play in definitions.plays for flaw in _play_flaws(definitions, play)]
    return (*found, *(flaw for nudge in definitions.nudges for flaw in _nudge_flaws(nudge)))


def _play_flaws(definitions: Definitions, play: Play) -> Iterator[Flaw]:
    due = {each.key: each.due_days for each in definitions.journey.milestones}
    if play.on.signal == "milestone_overdue":
        meant = [play.on.milestone] if play.on.milestone else list(due)
        if not any(due.get(key) is not None for key in meant):
            said = f"the play {play.key} never starts: {play.on.milestone or 'no milestone'} is never overdue"
            yield Flaw("unreachable_play", play.key, play.source, said, "give the milestone `due_days:`")
    audience = _compiled(play.audience)
    if audience is not None and not any(
        _may_start(play, audience, s, m) for s in segments_of(definitions) for m in motions_of(definitions)
    ):
        said = f"the play {play.key} never starts: no segment and motion with a branch satisfies its audience"
        yield Flaw("unreachable_play", play.key, play.source, said, "change the audience, or add a branch")
    waits = max((_longest(steps) for steps in play.branches.values()), default=0)
    again = play.enrol.per_days
    if play.goal is None and again is not None and again <= waits:
        said = (
            f"the play {play.key} never ends: it has no goal, takes {waits:g} days "
            f"and may start again after {again:g}"
        )
        yield Flaw("unbounded_loop", play.key, play.source, said, "add a goal, or let it start less often")


def _longest(steps: Sequence[PlayStep]) -> float:
    """How many days the steps wait at most; waits until a date count as none."""
    days = 0.0
    for step in steps:
        days += max((_longest(inner) for inner in inside(step)), default=0)
        days += step.longest_days if isinstance(step, WaitStep) else 0
    return days


def _may_start(play: Play, audience: Compiled, segment: str, motion: str) -> bool:
    if not play.branches.get(motion):
        return False
    account = {"segment": None if segment == NO_SEGMENT else segment, "motion": motion}
    known = ("account.segment", "account.motion")
    return truth(audience.node, {"account": account}, known.__contains__) != "false"


def _nudge_flaws(nudge: Nudge) -> Iterator[Flaw]:
    ends = nudge.schedule.ends_on is not None or nudge.frequency.limits
    if not ends and (nudge.goal is None or not nudge.frequency.until_goal):
        said = f"the nudge {nudge.key} never ends: it has no limit, no end date and no goal that stops it"
        yield Flaw("unbounded_loop", nudge.key, nudge.source, said, "add `frequency: {max: 3}` or a goal")


def _compiled(condition: Mapping[str, Any]) -> Compiled | None:
    try:
        return compile_condition(condition)
    except ConditionError:
        return None  # reported with its definition
