"""Coverage: every segment, motion and milestone state has a next step, or a reason for none."""

from __future__ import annotations

import pytest

from tests.definitions.files import FILES
from waypost_server.definitions.coverage import Cell, flaws, matrix
from waypost_server.definitions.loader import load, load_files


def cells(**changes: str) -> dict[tuple[str, str, str], Cell]:
    """The matrix of the small set by (segment, motion, state); `changes` are files, `__` for `/`."""
    loaded = load_files({**FILES, **changes})
    return {(each.segment, each.motion, each.state): each for each in matrix(loaded.definitions)}


def test_each_cell_names_what_acts_there() -> None:
    """A nudge towards the milestone covers it until it is reached; a play on falling usage afterwards."""
    found = cells()
    assert set(found) == {
        (segment, motion, state)
        for segment in ("large", "(none)")
        for motion in ("strategic", "long_tail")
        for state in ("open", "overdue", "reached")
    }
    assert found["large", "long_tail", "open"].next == ("nudge hint",)
    assert found["large", "long_tail", "reached"].next == ("play drop",)


def test_an_audience_that_excludes_a_motion_leaves_its_cell_empty() -> None:
    """What cannot hold in a cell does not cover it."""
    narrow = FILES["in-app/hint.yaml"].replace("{user.role: admin}", "{account.motion: long_tail}")
    found = cells(**{"in-app/hint.yaml": narrow})
    assert found["large", "strategic", "open"].is_empty
    assert not found["large", "long_tail", "open"].is_empty


@pytest.mark.parametrize(
    "audience", ["{milestone.first.overdue: false}", "{$not: {milestone.first.overdue: true}}"]
)
def test_the_state_of_the_milestone_counts(audience: str) -> None:
    """A nudge for those who are in time does not cover those who are late."""
    found = cells(**{"in-app/hint.yaml": FILES["in-app/hint.yaml"].replace("{user.role: admin}", audience)})
    assert found["large", "long_tail", "open"].next == ("nudge hint",)
    assert found["large", "long_tail", "overdue"].is_empty


def test_a_set_that_claims_coverage_is_refused_with_a_hole() -> None:
    """With coverage.yaml an empty cell is an error at its place; without it, nothing is said."""
    nudge = FILES["in-app/hint.yaml"].replace("{user.role: admin}", "{account.motion: long_tail}")
    hole = {**FILES, "in-app/hint.yaml": nudge}
    assert [each for each in load_files(hole).errors if each.code == "empty_cell"] == []
    errors = [
        each
        for each in load_files({**hole, "coverage.yaml": "none: []\n"}).errors
        if each.code == "empty_cell"
    ]
    assert {(each.file, each.line) for each in errors} == {("coverage.yaml", 1)}
    assert "nothing comes next for large, strategic, when first is open" in {each.message for each in errors}
    named = "none:\n  - {motion: strategic, reason: Their CSM calls}\n"
    assert load_files({**hole, "coverage.yaml": named}).errors == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("none:\n  - {motion: strategic}\n", "missing_key"),
        ("none:\n  - {motion: stratgic, reason: a}\n", "unknown_motion"),
        ("none:\n  - {milestone: nope, reason: a}\n", "unknown_milestone"),
        ("none:\n  - {state: done, reason: a}\n", None),
        ("{}\n", "missing_key"),
    ],
)
def test_mistakes_in_coverage_yaml_are_named(text: str, code: str | None) -> None:
    """A wrong name or a missing reason is an error with a remedy."""
    found = [
        each for each in load_files({**FILES, "coverage.yaml": text}).errors if each.file == "coverage.yaml"
    ]
    assert found
    assert all(each.remedy for each in found)
    assert code is None or code in {each.code for each in found}


def test_a_play_nobody_can_start_is_a_flaw() -> None:
    """An audience that holds nowhere."""
    play = FILES["plays/drop.yaml"] + "audience: {account.motion: other}\n"
    assert [each.code for each in flaws(load_files({**FILES, "plays/drop.yaml": play}).definitions)] == [
        "unreachable_play"
    ]


def test_a_play_on_a_milestone_without_a_due_date_never_starts() -> None:
    """Nothing is overdue that is never due."""
    journey = FILES["journey.yaml"].replace("    due_days: 14\n", "")
    play = "key: late\ntitle: Late\non: {signal: milestone_overdue, milestone: first}\nlong_tail: [{webhook: crm}]\n"
    loaded = load_files({**FILES, "journey.yaml": journey, "plays/late.yaml": play})
    (flaw,) = [each for each in flaws(loaded.definitions) if each.code == "unreachable_play"]
    assert (flaw.key, flaw.source) == ("late", "plays/late.yaml:1")
    assert "unreachable_play" in {each.code for each in loaded.findings if each.severity == "warning"}


def test_a_play_that_outlives_its_own_pause_never_ends() -> None:
    """Without a goal, a run that may start before the last one ended goes on for ever."""
    play = (
        "key: loop\ntitle: Loop\non: {signal: usage_decay}\nevery_days: 5\n"
        "long_tail: [{wait: {days: 7}}, {webhook: crm}]\n"
    )
    found = flaws(load_files({**FILES, "plays/loop.yaml": play}).definitions)
    assert [(each.code, each.key) for each in found] == [("unbounded_loop", "loop")]


def test_the_demo_set_claims_coverage_and_has_it() -> None:
    """What we ship passes its own check."""
    loaded = load("nudges")
    assert loaded.definitions.coverage is not None
    assert [cell for cell in matrix(loaded.definitions) if cell.is_empty] == []
    assert flaws(loaded.definitions) == ()
