"""The choice of a channel: exact, each at most once, and always with a reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.channel_choice import CHANNELS, choose, order

SOME = st.lists(st.sampled_from(CHANNELS), unique=True)
PHASES = st.dictionaries(st.sampled_from(["onboarding", "mature", "default"]), SOME)
PHASE = st.sampled_from(["onboarding", "mature", "late", None])
WISH = st.sampled_from([*CHANNELS, "pigeon", None, 3])


@given(SOME, WISH, PHASE, PHASES)
def test_every_offered_channel_is_there_once_and_the_wish_comes_first(
    offered: list[str], wish: object, phase: str | None, by_phase: dict[str, list[str]]
) -> None:
    """Nothing is lost, nothing is added; then the phase's own order, or the default one, holds for the rest."""
    ranked = [each for each, _ in order(offered, named=None, preferred=wish, phase=phase, by_phase=by_phase)]
    assert sorted(ranked) == sorted(offered)
    if wish in offered:
        assert ranked[0] == wish
    rest = [each for each in by_phase.get(phase or "", by_phase.get("default", [])) if each in offered]
    assert [each for each in ranked if each in rest and each != wish] == [
        each for each in rest if each != wish
    ]


@given(SOME, SOME, st.dictionaries(st.sampled_from(CHANNELS), st.just("no")))
def test_falling_back_takes_each_possible_channel_once_and_then_stops(
    offered: list[str], named: list[str], hindered: dict[str, str]
) -> None:
    """A step that names its order has it, whatever anybody prefers; who is passed over is told why."""
    ranked = order(offered, named=named, preferred="email", phase=None, by_phase={})
    tried: list[str] = []
    while True:
        choice = choose(ranked, hindered, tried)
        assert all(each in hindered and why == "no" for each, why in choice.passed)
        if choice.channel is None:
            break
        assert choice.why == "the step says so"
        tried.append(choice.channel)
    assert tried == [each for each in named if each in offered and each not in hindered]
