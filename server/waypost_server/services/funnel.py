"""Where people are stopped on their way to a nudge, and how many each comparison of its audience lets through.

Everybody is asked what `explain` asks, with the same facts, in the account they were last seen in; so the
funnel and the explanation of one person never disagree. Of many people a sample is asked: those whose hash
comes first, the same people each time. An answer stands for a minute, then the question is asked anew.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple

from waypost_server.domain.compiled import CompiledNudge
from waypost_server.domain.eligibility import gates_of
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.explanation import Leaf
from waypost_server.domain.page import Page
from waypost_server.domain.sample import place, scaled, wilson
from waypost_server.services.audience import unknown_facts
from waypost_server.services.decide import Question, answer
from waypost_server.services.facts import on_page
from waypost_server.services.facts_of_many import facts_of_many
from waypost_server.services.releases import LiveRelease
from waypost_server.services.runtime import Runtime
from waypost_server.store import end_users, memberships

LOOKED_AT = 2_000  # people asked at most: a second
SAMPLES = 5  # people named at each gate


class Person(NamedTuple):
    """Somebody stopped at a gate, in the account looked at."""

    user_id: str
    account_id: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """So many people stopped at a gate: counted, or estimated; `low` to `high` holds the true count 95 times
    in 100. The gate '' is the way out: they may see it."""

    gate: str
    users: int
    low: int
    high: int
    samples: tuple[Person, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        samples = [{"userId": each.user_id, "accountId": each.account_id} for each in self.samples]
        numbers = {"users": self.users, "low": self.low, "high": self.high, "samples": samples}
        return {"gate": self.gate, **numbers} if self.gate else numbers


@dataclass(frozen=True, slots=True)
class Passed:
    """One comparison of the audience, and the share of people for whom it holds."""

    path: str
    operator: str
    wanted: Any
    expected: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """One nudge's funnel. `gates` in their order: who is stopped there, and was at none before.

    All of them and `eligible` together are `users`. `unknown` are the facts of the page that its audience asks for
    where no page was named; then only those pass it for whom it holds on every page.
    """

    nudge: str
    title: str
    release: int
    at: datetime
    users: int
    looked_at: int
    gates: tuple[Part, ...]
    eligible: Part
    leaves: tuple[Passed, ...]
    page: Page | None = None
    unknown: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether everybody was asked."""
        return self.looked_at == self.users

    def as_json(self) -> dict[str, Any]:
        """The same as a plain document."""
        return {
            "nudge": self.nudge,
            "title": self.title,
            "release": self.release,
            "at": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "users": self.users,
            "lookedAt": self.looked_at,
            "exact": self.exact,
            "gates": [each.as_json() for each in self.gates],
            "eligible": self.eligible.as_json(),
            "leaves": [asdict(each) for each in self.leaves],
            "page": dict(self.page) if self.page is not None else None,
            "unknown": list(self.unknown),
        }


def funnel(runtime: Runtime, workspace_id: str, nudge: str, *, page: Page | None = None) -> Funnel:
    """The funnel of one nudge of the live release, as on `page`, at most a minute old. Raises NotFoundError."""
    release = runtime.releases.glance(runtime.db, workspace_id).release
    if release is None or nudge not in release.compiled.by_key:
        raise NotFoundError("There is no published nudge with this key.")
    now = runtime.clock()
    minute = now.replace(second=0, microsecond=0)
    known: Funnel | None = release.funnels.get(nudge)
    if known is None or known.page != page or known.at.replace(second=0, microsecond=0) != minute:
        known = _count(runtime, workspace_id, release, release.compiled.by_key[nudge], now, page)
        release.funnels[nudge] = known
    return known


def expected_beside(tree: dict[str, Any], leaves: Sequence[Passed]) -> dict[str, Any]:
    """An explained audience with `expected` in each comparison: the share of people for whom it holds."""
    return _beside(tree, iter(leaves))


def _beside(tree: dict[str, Any], leaves: Iterator[Passed]) -> dict[str, Any]:
    if "children" in tree:
        return {**tree, "children": [_beside(child, leaves) for child in tree["children"]]}
    return {**tree, "expected": next(leaves).expected}


@dataclass(slots=True)
class _Tally:
    """What was counted so far, by the gate that held."""

    leaves: tuple[Leaf, ...]
    seen: int = 0
    stopped: Counter[str] = field(default_factory=Counter)
    samples: defaultdict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))
    passed: Counter[int] = field(default_factory=Counter)  # by the leaf's place

    def add(self, person: Person, gate: str, leaves: Iterable[Leaf]) -> None:
        self.seen += 1
        self.stopped[gate] += 1
        if len(self.samples[gate]) < SAMPLES:
            self.samples[gate].append(person)
        self.passed.update(index for index, leaf in enumerate(leaves) if leaf.truth == "true")

    def parts(self, gates: Sequence[str], users: int) -> list[Part]:
        """Everybody, by gate."""
        sizes = scaled([self.stopped[gate] for gate in gates], users)
        return [self._part(gate, size, users) for gate, size in zip(gates, sizes, strict=True)]

    def _part(self, gate: str, size: int, users: int) -> Part:
        low = high = size
        if self.seen < users:
            least, most = wilson(self.stopped[gate], self.seen)
            low, high = min(size, math.floor(least * users)), max(size, math.ceil(most * users))
        return Part(gate, size, low, high, tuple(self.samples[gate]))

    def shares(self) -> tuple[Passed, ...]:
        """How often each comparison held."""
        return tuple(
            Passed(leaf.path, leaf.operator, leaf.wanted, self.passed[index] / max(self.seen, 1))
            for index, leaf in enumerate(self.leaves)
        )


def _count(
    runtime: Runtime,
    workspace_id: str,
    release: LiveRelease,
    nudge: CompiledNudge,
    now: datetime,
    page: Page | None,
) -> Funnel:
    with runtime.db.read() as session:
        users, chosen = _chosen(end_users.ids(session, workspace_id))
        last = memberships.last_accounts(session, workspace_id, chosen)
        pairs = [(last.get(each, ""), each) for each in chosen]
        tally = _Tally(nudge.audience.explain({}).leaves())
        asked = facts_of_many(session, runtime, workspace_id, release, pairs)
        for user_id, found in zip(chosen, asked, strict=True):
            facts = on_page(found, page)
            held = answer(release, Question(user_id, nudge=nudge.key, explain=True), facts).held
            person = Person(user_id, facts.account_id or None)
            leaves = nudge.audience.explain(facts.values).leaves()
            tally.add(person, held[0].held.reason if held else "", leaves)
    *gates, eligible = tally.parts((*gates_of(nudge), "content", ""), users)
    return Funnel(
        nudge.key, nudge.nudge.title, release.number, now, users, len(chosen), tuple(gates), eligible,
        tally.shares(), page, unknown_facts(nudge.nudge.audience, page),
    )  # fmt: skip


def _chosen(ids: Iterable[str]) -> tuple[int, list[str]]:
    """(how many there are, those asked)."""
    counter = count()
    chosen = heapq.nsmallest(LOOKED_AT, (each for each, _ in zip(ids, counter, strict=False)), key=place)
    return next(counter), chosen
