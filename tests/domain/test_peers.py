"""What one company may be told about the others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.peers import LEAST_NAMED, LEAST_PEERS, Company, compare, rounded, size_of

USES = ("export", "active_share")


def company(number: int, *, uses: bool, segment: str | None = "small", people: int = 3) -> Company:
    return Company(f"c{number}", segment, people, frozenset({USES} if uses else ()))


def test_a_share_is_of_the_others_and_rounded_to_five() -> None:
    """21 companies, 13 export: whoever does sees 12 of 20, whoever does not 13 of 20."""
    told = {each.id: each for each in compare([company(n, uses=n < 13) for n in range(21)], [USES])}
    assert told["c0"].shares == {"export": {"active_share": 60}} and told["c0"].peers == 20
    assert told["c20"].shares == {"export": {"active_share": 65}}


def test_below_twenty_peers_nothing_is_said() -> None:
    """Twenty companies have nineteen peers each."""
    assert compare([company(n, uses=True) for n in range(20)], [USES]) == []


def test_fewer_than_five_are_never_named() -> None:
    """ "4 of 40" would nearly name them."""
    told = compare([company(n, uses=n < 4) for n in range(41)], [USES])
    assert len(told) == 41 and all(each.shares == {} for each in told)


def test_a_small_segment_is_widened_and_the_size_never() -> None:
    """Ten of a segment and thirty of another, all of one size, are compared together; the big ones are not."""
    told = compare(
        [
            *(company(n, uses=True, segment="a") for n in range(10)),
            *(company(n, uses=False, segment="b") for n in range(100, 130)),
            *(company(n, uses=True, segment="a", people=50) for n in range(200, 215)),
        ],
        [USES],
    )
    found = {each.id: each for each in told}
    assert found["c0"].peers == 39 and found["c0"].shares["export"]["active_share"] == 25
    assert found["c100"].peers == 29 and found["c100"].shares == {}
    assert "c200" not in found


def test_sizes_are_bands_of_people() -> None:
    """Four, nineteen, ninety-nine are the last of their band."""
    assert [size_of(n) for n in (0, 4, 5, 19, 20, 99, 100)] == [0, 0, 1, 1, 2, 2, 3]


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(["a", "b", None]), st.integers(0, 120)), max_size=120)
)
def test_no_statement_breaks_a_floor(rows: list[tuple[bool, str | None, int]]) -> None:
    """Whatever the companies: never from fewer than 20 peers, never under 5 named, never over 100 percent."""
    companies = [company(n, uses=u, segment=s, people=p) for n, (u, s, p) in enumerate(rows)]
    doing = sum(each.done != frozenset() for each in companies)
    for told in compare(companies, [USES]):
        assert told.peers >= LEAST_PEERS
        for measures in told.shares.values():
            for percent in measures.values():
                assert 0 <= percent <= 100 and percent % 5 == 0 and doing >= LEAST_NAMED


@given(st.floats(0, 1))
def test_rounding_is_never_off_by_more_than_half_a_step(share: float) -> None:
    """And halves go down."""
    assert abs(rounded(share) - share * 100) <= 2.5 + 1e-6
    assert rounded(0.625) == 60
