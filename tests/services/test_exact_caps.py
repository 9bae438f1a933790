"""Never one touch too many and no slot lost, whatever browsers do and when: against a model, and in parallel."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import WORKSPACE, Clock
from tests.services.decide_rig import add_person, capped, make_nudge, make_rig
from tests.services.test_claim import ask, in_parallel
from waypost_server.domain.definitions import Cap
from waypost_server.domain.errors import HeldError
from waypost_server.domain.history import CLAIM_LASTS
from waypost_server.domain.interactions import Reaction
from waypost_server.domain.policy import SessionRule
from waypost_server.services.claim import Claim, Granted, claim
from waypost_server.services.decide import Question, decide
from waypost_server.services.interact import fold
from waypost_server.services.recover import recover
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database

MINUTE = 60
CAPS = (Cap(2, 40 * MINUTE), Cap(1, 15 * MINUTE, kinds=("interrupting",)), Cap(3, 30 * MINUTE, "account"))
SURFACES = {"tip": "tooltip", "box": "modal", "strip": "banner", "dot": "hotspot"}
PEOPLE = ("ann", "ben")
_worlds = itertools.count()
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.sampled_from(PEOPLE), st.sampled_from(sorted(SURFACES))),
        st.tuples(st.sampled_from(["shown", "dismissed", "anchor_missing"]), st.integers(0, 5), st.just("")),
        st.tuples(st.just("wait"), st.sampled_from([1, 5, 10, 20]), st.just("")),
        st.tuples(st.just("sweep"), st.just(0), st.just("")),
    ),
    min_size=4,
    max_size=24,
)


@dataclass
class Slot:
    """What the model knows of one granted claim."""

    offer: str
    person: str
    nudge: str
    at: datetime
    seen: bool = False
    missing: bool = False

    def is_spent(self, now: datetime) -> bool:
        """Painted, or on its way; a claim that died before it was painted gives its slot back."""
        return self.seen or (not self.missing and now < self.at + CLAIM_LASTS)


class World:
    """The system and the model side by side, in an account that no other example has."""

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self.runtime, self.clock = runtime, clock
        self.name = f"w{next(_worlds)}"
        self.slots: list[Slot] = []
        self.numbers = itertools.count()
        for person in PEOPLE:
            add_person(runtime.db, f"{self.name}-{person}", self.name)

    def room(self, person: str, nudge: str) -> bool:
        """Whether every cap has room for one more now."""
        now, kind = self.clock(), make_nudge(surface=SURFACES[nudge]).kind
        for cap in CAPS:
            if cap.kinds is not None and kind not in cap.kinds:
                continue
            used = [
                slot
                for slot in self.slots
                if slot.is_spent(now)
                and slot.at + timedelta(seconds=cap.per_seconds) > now
                and (cap.scope == "account" or slot.person == person)
                and (cap.kinds is None or make_nudge(surface=SURFACES[slot.nudge]).kind in cap.kinds)
            ]
            if len(used) >= cap.max:
                return False
        return True

    def claim(self, person: str, nudge: str) -> None:
        """Granted exactly when there is room; what `decide` says agrees."""
        user = f"{self.name}-{person}"
        listed = nudge in self.offered(user)
        room, claim_id = self.room(person, nudge), f"{self.name}-claim-{next(self.numbers)}"
        try:
            granted = claim(self.runtime, WORKSPACE, Claim(user, self.name, nudge, claim_id))
        except HeldError as error:
            assert error.reason == "claimed_elsewhere" or (error.reason == "budget" and not room)
            assert not listed
            return
        assert room and listed
        self.slots.append(Slot(granted.offer_id, person, nudge, self.clock()))

    def offered(self, user: str) -> set[str]:
        """What a browser would claim. A hotspot that is up already comes with its offer: it goes on without one."""
        found = decide(self.runtime, WORKSPACE, Question(user, self.name))
        documents = [json.loads(bytes(each)) for each in found.nudges]
        return {each["key"] for each in documents if "offer" not in each}

    def react(self, what: str, index: int) -> None:
        """A browser reports, once or again, in time or late."""
        if not self.slots:
            return
        slot = self.slots[index % len(self.slots)]
        user, message_id = f"{self.name}-{slot.person}", f"{self.name}-m{next(self.numbers)}"
        with self.runtime.db.write() as session:
            reaction = Reaction(message_id, self.name, user, slot.nudge, slot.offer, what, self.clock())
            assert fold(session, self.runtime, WORKSPACE, [reaction]) == 0
        slot.seen = slot.seen or what != "anchor_missing"
        slot.missing = slot.missing or what == "anchor_missing"


@pytest.mark.slow
def test_no_interleaving_breaks_a_cap_or_loses_a_slot(database: Database) -> None:
    """Claims, paints, deaths, late reports and sweeps in any order: each claim is granted exactly when the
    model has room."""
    clock = Clock()
    nudges = [make_nudge(key, surface=surface) for key, surface in SURFACES.items()]
    policy = capped(*CAPS, dismissals_before_stop=None)
    runtime, _ = make_rig(database, *nudges, clock=clock, policy=policy)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def play(steps: list[tuple[Any, ...]]) -> None:
        world = World(runtime, clock)
        for what, subject, nudge in steps:
            if what == "claim":
                world.claim(subject, nudge)
            elif what == "wait":
                clock.move(minutes=subject)
            elif what == "sweep":
                recover(runtime)
            else:
                world.react(what, subject)

    play()


def test_several_caps_at_once_hold_in_parallel(database: Database) -> None:
    """Thirty claims of six colleagues at once, under caps of person, kind, account and session: the tightest
    of each decides, and not one is too many."""
    nudges = [make_nudge(f"n{n}", surface="modal" if n % 2 else "banner") for n in range(5)]
    caps = (Cap(2, 86_400), Cap(1, 86_400, kinds=("interrupting",)), Cap(7, 86_400, "account"))
    policy = capped(*caps, session=SessionRule(max=1, settle_seconds=0))
    runtime, _ = make_rig(database, *nudges, policy=policy)
    people = [f"p{n}" for n in range(6)]
    for person in people:
        add_person(database, person)

    def act(n: int) -> tuple[str, str]:
        person, nudge = people[n % 6], f"n{n // 6}"
        ask(runtime, nudge=nudge, claim_id=f"claim-{n}", user_id=person)
        return person, nudge

    granted = [each for each in in_parallel(30, act) if isinstance(each, tuple)]
    assert len(granted) == 7
    for person in people:
        mine = [nudge for who, nudge in granted if who == person]
        assert len(mine) <= 2 and sum(int(nudge[1:]) % 2 for nudge in mine) <= 1


def test_slots_of_dead_browsers_are_given_out_again_exactly(database: Database) -> None:
    """Three browsers die between claim and paint; ten minutes later thirty claims at once get three slots."""
    clock = Clock()
    nudges = [make_nudge(f"n{n}") for n in range(33)]
    runtime, _ = make_rig(database, *nudges, clock=clock, policy=capped(Cap(3, 86_400)))
    for n in range(3):
        ask(runtime, nudge=f"n{n}", claim_id=f"dead-{n:04}")
    clock.move(minutes=10)
    results = in_parallel(30, lambda n: ask(runtime, nudge=f"n{n + 3}", claim_id=f"claim-{n}"))
    assert sum(isinstance(each, Granted) for each in results) == 3
