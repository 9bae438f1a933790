"""What companies like this one do: shares among accounts of the same segment and size, honest or absent.

No statement below 20 companies, and none from fewer than 5 on the side that is named; the asking company is left
out; shares are rounded to 5 points; who opted out is neither counted nor told. Where a segment is too small, it is
widened to all segments of the same size, because size matters most (signals that rest on fewer than 20 companies
miss by 12 points on average).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LEAST_PEERS = 20
LEAST_NAMED = 5
ROUNDED_TO = 5
SIZES = (5, 20, 100)  # people: up to 4, 5 to 19, 20 to 99, more
OPT_OUT = "peers_opt_out"  # an account's trait

Done = tuple[
    str, str
]  # key of a feature or milestone, and the measure: active_share, new_share, reached_share


@dataclass(frozen=True, slots=True)
class Company:
    """An account as its peers see it: what it did, of everything that is compared."""

    id: str
    segment: str | None
    people: int
    done: frozenset[Done]


@dataclass(frozen=True, slots=True)
class Compared:
    """What one company is told: with how many it is compared, and by key and measure the share in percent."""

    id: str
    peers: int
    shares: Mapping[str, Mapping[str, int]]


def size_of(people: int) -> int:
    """The band a number of people falls in, 0 to 3."""
    return sum(people >= bound for bound in SIZES)


def compare(companies: Sequence[Company], subjects: Iterable[Done]) -> list[Compared]:
    """What each company may be told, in the order given. Companies too few to compare are told nothing."""
    wanted = tuple(subjects)
    groups: dict[tuple[str | None, int], list[Company]] = {}
    for each in companies:
        size = size_of(each.people)
        groups.setdefault((each.segment or "", size), []).append(each)
        groups.setdefault((None, size), []).append(each)
    counts = {key: _count(group) for key, group in groups.items()}
    found = []
    for each in companies:
        size = size_of(each.people)
        key: tuple[str | None, int] = (each.segment or "", size)
        if len(groups[key]) - 1 < LEAST_PEERS:
            key = (None, size)
        peers = len(groups[key]) - 1
        if peers >= LEAST_PEERS:
            found.append(Compared(each.id, peers, _shares(each, counts[key], peers, wanted)))
    return found


def _count(group: Iterable[Company]) -> dict[Done, int]:
    counted: dict[Done, int] = {}
    for each in group:
        for done in each.done:
            counted[done] = counted.get(done, 0) + 1
    return counted


def _shares(
    company: Company, counted: Mapping[Done, int], peers: int, wanted: Sequence[Done]
) -> dict[str, dict[str, int]]:
    shares: dict[str, dict[str, int]] = {}
    for done in wanted:
        doing = counted.get(done, 0) - (done in company.done)
        if doing >= LEAST_NAMED:
            shares.setdefault(done[0], {})[done[1]] = rounded(doing / peers)
    return shares


def rounded(share: float) -> int:
    """Percent, to the nearest five points, halves down: never more than is true by over two and a half."""
    return int((share * 100 + ROUNDED_TO / 2 - 1e-9) // ROUNDED_TO * ROUNDED_TO)
