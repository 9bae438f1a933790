"""Arbitration is one total order, whatever the order of the candidates."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.arbitration import CRITERIA, Candidate, outranked, rank

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "arbitration.json").read_text())
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        key=st.text(alphabet="abcdef", min_size=1, max_size=3),
        priority=st.sampled_from(["deepen", "start", "announce"]),
        progress=st.floats(0, 1),
        shown=st.integers(0, 3),
        effect=st.sampled_from([0.0, 0.1, 0.2]),
    ),
    unique_by=lambda each: each.key,
    max_size=12,
)


def test_vectors() -> None:
    """The pinned examples come out in the pinned order."""
    for vector in VECTORS["cases"]:
        ranked = rank(Candidate(**each) for each in vector["candidates"])
        assert [each.key for each in ranked] == vector["order"], vector["name"]


@given(CANDIDATES, st.randoms())
def test_the_order_of_the_input_does_not_matter(candidates: list[Candidate], random: object) -> None:
    """Any permutation ranks the same."""
    shuffled = list(candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank(shuffled) == rank(candidates)


@given(CANDIDATES)
def test_nothing_is_dropped_and_priority_rules(candidates: list[Candidate]) -> None:
    """Every candidate stays in the list, and none stands above one of a better priority."""
    ranked = rank(candidates)
    assert sorted(each.key for each in ranked) == sorted(each.key for each in candidates)
    places = [["deepen", "start", "announce"].index(each.priority) for each in ranked]
    assert places == sorted(places)


@given(CANDIDATES, CANDIDATES)
def test_adding_candidates_keeps_the_order_of_the_others(
    some: list[Candidate], more: list[Candidate]
) -> None:
    """The place of two candidates among each other does not depend on a third."""
    keys = {each.key for each in some}
    together = rank([*some, *(each for each in more if each.key not in keys)])
    assert [each for each in together if each.key in keys] == rank(some)


@given(CANDIDATES)
def test_every_loser_knows_what_decided(candidates: list[Candidate]) -> None:
    """Each but the first names the winner and the first criterion on which the two differ, with both values."""
    ranked = rank(candidates)
    reasons = outranked(ranked)
    assert list(reasons) == [each.key for each in ranked[1:]]
    for place, each in enumerate(ranked[1:], 2):
        reason = reasons[each.key]
        assert (reason.rank, reason.winner) == (place, ranked[0].key)
        before = CRITERIA[: CRITERIA.index(reason.by)]
        assert all(getattr(each, name) == getattr(ranked[0], name) for name in before)
        assert (reason.mine, reason.theirs) == (getattr(each, reason.by), getattr(ranked[0], reason.by))
        assert reason.mine != reason.theirs


@given(CANDIDATES)
def test_a_larger_effect_decides_before_fewer_showings(candidates: list[Candidate]) -> None:
    """Among the same priority and progress, effects never rise on the way down."""
    ranked = rank(candidates)
    for first, second in itertools.pairwise(ranked):
        if (first.priority, first.progress) == (second.priority, second.progress):
            assert first.effect >= second.effect
