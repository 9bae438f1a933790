"""What reactions add up to does not depend on their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.interactions import REACTIONS, Reaction, outcome

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def reaction(number: int, what: str, seconds: int = 0, days: int | None = None) -> Reaction:
    at = START + timedelta(seconds=seconds)
    return Reaction(f"m{number}", "acme", "u1", "hello", "o1", what, at, days)


SETS = st.lists(
    st.tuples(st.sampled_from(sorted(REACTIONS)), st.integers(0, 9), st.sampled_from([None, 1, 7])),
    max_size=8,
).map(lambda rows: [reaction(n, *row) for n, row in enumerate(rows)])


@given(SETS, st.randoms())
def test_order_and_repetition_do_not_matter(reactions: list[Reaction], random: object) -> None:
    """Any permutation with any repetition gives the same state."""
    shuffled = [*reactions, *reactions[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert outcome(shuffled) == outcome(reactions)


@given(SETS)
def test_more_reactions_never_undo(reactions: list[Reaction]) -> None:
    """State only moves claimed → shown → closed, and never_again stays."""
    order = ["claimed", "shown", "closed"]
    states = [order.index(outcome(reactions[:n]).state) for n in range(len(reactions) + 1)]
    assert states == sorted(states)
    if any(each.reaction == "never_again" for each in reactions):
        assert outcome(reactions).reaction == "never_again"


def test_the_first_closing_reaction_closes() -> None:
    """A later click does not move the time of closing."""
    found = outcome([reaction(1, "clicked", 9), reaction(2, "dismissed", 5), reaction(3, "shown", 1)])
    assert (found.state, found.reaction) == ("closed", "dismissed")
    assert (found.shown_at, found.closed_at) == (START + timedelta(seconds=1), START + timedelta(seconds=5))


def test_a_missing_anchor_spends_nothing() -> None:
    """A nudge that was not painted gives its slot back, unless somebody saw it after all."""
    assert not outcome([reaction(1, "anchor_missing")]).spent
    assert outcome([reaction(1, "anchor_missing"), reaction(2, "shown", 3)]).spent
    assert outcome([]).spent
