"""A claim is the exact gate: caps hold under concurrency, and a claim that is never painted gives back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.builders import WORKSPACE, Clock, add_workspace
from tests.services.decide_rig import (
    FixedReleases,
    add_person,
    capped,
    make_definitions,
    make_nudge,
    make_rig,
)
from waypost_server.domain.definitions import Cap, Frequency, Goal, Limit
from waypost_server.domain.errors import ConflictError, HeldError
from waypost_server.domain.interactions import Reaction
from waypost_server.services.claim import Claim, Granted, claim
from waypost_server.services.decide import Question, decide
from waypost_server.services.interact import fold
from waypost_server.services.recover import recover
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database
from waypost_server.store.tables import Interaction, Offer, Touch, UsageTotal


def ask(runtime: Runtime, nudge: str = "hello", claim_id: str = "claim-1", **changes: Any) -> Granted:
    values: dict[str, Any] = {"user_id": "u1", "account_id": "acme", "nudge": nudge, "claim_id": claim_id}
    return claim(runtime, changes.pop("workspace_id", WORKSPACE), Claim(**{**values, **changes}))


def reason(runtime: Runtime, **changes: Any) -> str:
    with pytest.raises(HeldError) as caught:
        ask(runtime, **changes)
    return caught.value.reason


def react(runtime: Runtime, offer: str, what: str, number: int = 1, **changes: Any) -> int:
    values: dict[str, Any] = {
        "message_id": f"m{number}", "account_id": "acme", "user_id": "u1", "nudge": "hello", "offer_id": offer,
        "reaction": what, "at": runtime.clock(),
    }  # fmt: skip
    with runtime.db.write() as session:
        return fold(session, runtime, WORKSPACE, [Reaction(**{**values, **changes})])


def count(database: Database, table: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def in_parallel(number: int, act: Callable[[int], Any]) -> list[Any]:
    """What each of so many threads got, all let go at once."""
    gate, results = threading.Barrier(number), [None] * number

    def run(index: int) -> None:
        gate.wait()
        try:
            results[index] = act(index)
        except HeldError as error:
            results[index] = error.reason

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_claim_makes_an_offer_and_spends_a_touch(database: Database) -> None:
    """Granted, it expires after ten minutes without being shown."""
    runtime, _ = make_rig(database)
    granted = ask(runtime)
    assert granted.expires_at == runtime.clock() + timedelta(minutes=10)
    with database.read() as session:
        touch = session.get_one(Touch, (WORKSPACE, f"offer:{granted.offer_id}"))
        assert (touch.user_id, touch.account_id, touch.channel, touch.kind) == (
            "u1", "acme", "in_app", "interrupting",
        )  # fmt: skip


def test_the_same_claim_again_gets_the_same_answer(database: Database) -> None:
    """Idempotent: one offer, one touch, whatever the policy says by then."""
    runtime, _ = make_rig(database, policy=capped(Cap(1, 3600)))
    first = ask(runtime)
    assert ask(runtime) == first
    assert (count(database, Offer), count(database, Touch)) == (1, 1)


def test_a_claim_id_is_for_one_nudge(database: Database) -> None:
    """The same id for another nudge is a conflict."""
    runtime, _ = make_rig(database, make_nudge("hello"), make_nudge("other"))
    ask(runtime)
    with pytest.raises(ConflictError):
        ask(runtime, nudge="other")


def test_thirty_parallel_claims_under_a_cap_of_one_grant_one(database: Database) -> None:
    """Thirty tabs and nudges of one person at once: exactly one is painted."""
    nudges = [make_nudge(f"n{n}") for n in range(30)]
    runtime, _ = make_rig(database, *nudges, policy=capped(Cap(1, 86_400)))
    results = in_parallel(30, lambda n: ask(runtime, nudge=f"n{n}", claim_id=f"claim-{n}"))
    assert sum(isinstance(each, Granted) for each in results) == 1
    assert sorted({each for each in results if isinstance(each, str)}) == ["budget"]
    assert (count(database, Offer), count(database, Touch)) == (1, 1)


def test_thirty_parallel_claims_of_one_nudge_grant_one(database: Database) -> None:
    """Thirty tabs with the same nudge: one paints it, also for a person nobody has seen before."""
    runtime, _ = make_rig(database)
    results = in_parallel(30, lambda n: ask(runtime, claim_id=f"claim-{n}", user_id="new"))
    assert sum(isinstance(each, Granted) for each in results) == 1
    assert {each for each in results if isinstance(each, str)} == {"claimed_elsewhere"}


def test_parallel_repeats_of_one_claim_agree(database: Database) -> None:
    """A claim sent ten times at once is one offer, and everybody gets it."""
    runtime, _ = make_rig(database)
    results = in_parallel(10, lambda _n: ask(runtime))
    assert len(set(results)) == 1 and isinstance(results[0], Granted)
    assert count(database, Offer) == 1


def test_colleagues_share_the_account_cap_exactly(database: Database) -> None:
    """Thirty people of one account at once under an account cap of three: exactly three."""
    runtime, _ = make_rig(database, policy=capped(Cap(3, 86_400, "account")))
    for n in range(30):
        add_person(database, f"p{n}")
    results = in_parallel(30, lambda n: ask(runtime, user_id=f"p{n}", claim_id=f"claim-{n}"))
    assert sum(isinstance(each, Granted) for each in results) == 3


def test_a_claim_without_shown_gives_its_slot_back(database: Database) -> None:
    """After ten minutes another claim gets the slot, and the first one is over."""
    clock = Clock()
    runtime, _ = make_rig(database, clock=clock, policy=capped(Cap(1, 86_400)))
    first = ask(runtime)
    assert reason(runtime, claim_id="claim-2") == "claimed_elsewhere"
    clock.move(minutes=10)
    assert decide(runtime, WORKSPACE, Question("u1", "acme")).keys == ("hello",)
    second = ask(runtime, claim_id="claim-2")
    assert reason(runtime, claim_id="claim-1") == "lapsed"
    with database.read() as session:
        assert session.get_one(Offer, (WORKSPACE, first.offer_id)).state == "lapsed"
        assert session.scalars(select(Touch.id)).all() == [f"offer:{second.offer_id}"]


def test_the_sweep_lapses_claims_nobody_painted(database: Database) -> None:
    """After ten minutes the ledger forgets the touch, even if the person never comes back; painted ones stay."""
    clock = Clock()
    runtime, _ = make_rig(database, make_nudge(), make_nudge("other"), clock=clock)
    waiting, painted = ask(runtime), ask(runtime, nudge="other", claim_id="claim-2")
    react(runtime, painted.offer_id, "shown", nudge="other")
    clock.move(minutes=9)
    recover(runtime)
    assert count(database, Touch) == 2
    clock.move(minutes=1)
    recover(runtime)
    recover(runtime)
    with database.read() as session:
        assert session.get_one(Offer, (WORKSPACE, waiting.offer_id)).state == "lapsed"
        assert session.get_one(Offer, (WORKSPACE, painted.offer_id)).state == "shown"
        assert session.scalars(select(Touch.id)).all() == [f"offer:{painted.offer_id}"]


def test_shown_keeps_the_slot(database: Database) -> None:
    """A painted nudge spends its slot for the whole window, however late `shown` arrives."""
    clock = Clock()
    runtime, _ = make_rig(database, clock=clock, policy=capped(Cap(1, 86_400)))
    granted = ask(runtime)
    clock.move(minutes=11)
    assert react(runtime, granted.offer_id, "shown", at=clock() - timedelta(minutes=10)) == 0
    assert reason(runtime, claim_id="claim-2") == "claimed_elsewhere"
    clock.move(hours=1)
    assert reason(runtime, claim_id="claim-2") == "budget"


def test_shown_after_lapse_takes_the_slot_again(database: Database) -> None:
    """If it was painted after all, the truth is kept, even above the cap."""
    clock = Clock()
    runtime, _ = make_rig(database, clock=clock, policy=capped(Cap(1, 86_400)))
    first = ask(runtime)
    clock.move(minutes=10)
    ask(runtime, claim_id="claim-2")
    react(runtime, first.offer_id, "shown")
    assert count(database, Touch) == 2


def test_a_missing_anchor_gives_the_slot_back(database: Database) -> None:
    """What could not be painted costs nobody anything."""
    runtime, _ = make_rig(database, policy=capped(Cap(1, 86_400)))
    react(runtime, ask(runtime).offer_id, "anchor_missing")
    assert count(database, Touch) == 0
    assert isinstance(ask(runtime, claim_id="claim-2"), Granted)


def test_every_gate_is_checked_again_with_fresh_facts(database: Database) -> None:
    """What was eligible when decided is held when the facts have changed since."""
    nudge = make_nudge(goal=Goal(milestone="setup"), frequency=Frequency(limits=(Limit(1),), cooldown_days=0))
    runtime, releases = make_rig(database, nudge)
    granted = ask(runtime)
    react(runtime, granted.offer_id, "clicked")
    assert reason(runtime, claim_id="claim-2") == "frequency"
    assert reason(runtime, claim_id="claim-3", nudge="gone") == "not_published"
    releases.put(make_definitions(make_nudge(audience={"user.role": "viewer"})))
    assert reason(runtime, claim_id="claim-4") == "audience"


def test_snooze_and_never_again_hold_later_claims(database: Database) -> None:
    """What the person said counts from the next claim on."""
    clock = Clock()
    runtime, _ = make_rig(database, clock=clock)
    react(runtime, ask(runtime).offer_id, "snoozed", snooze_days=7)
    clock.move(days=6)
    assert reason(runtime, claim_id="claim-2") == "snoozed"
    clock.move(days=1)
    react(runtime, ask(runtime, claim_id="claim-3").offer_id, "never_again", 2)
    clock.move(days=400)
    assert reason(runtime, claim_id="claim-4") == "never_again"


def test_the_goal_counts_from_the_claim(database: Database) -> None:
    """The total of the goal's feature is kept with the offer."""
    runtime, _ = make_rig(database, make_nudge(goal=Goal(feature="reports", count=2)))
    now = runtime.clock()
    with database.write() as session:
        session.add(
            UsageTotal(
                workspace_id=WORKSPACE, account_id="acme", user_id="u1", feature="reports", first_at=now,
                last_at=now, total=41,
            )
        )  # fmt: skip
    granted = ask(runtime)
    with database.read() as session:
        assert session.get_one(Offer, (WORKSPACE, granted.offer_id)).goal_base == 41


def test_reactions_settle_the_offer_in_any_order(database: Database) -> None:
    """shown, clicked and dismissed in any order and twice end in the same state."""
    states = []
    runtime, _ = make_rig(database, make_nudge("hello"))
    steps = [("shown", 1), ("clicked", 3), ("dismissed", 2)]
    for round_number, order in enumerate(([0, 1, 2], [2, 1, 0, 0], [1, 0, 2, 1])):
        user = f"person-{round_number}"
        granted = ask(runtime, user_id=user, claim_id=f"claim-{round_number}")
        for index in order:
            what, seconds = steps[index]
            at = runtime.clock() + timedelta(seconds=seconds)
            react(runtime, granted.offer_id, what, round_number * 10 + index, user_id=user, at=at)
        with database.read() as session:
            row = session.get_one(Offer, (WORKSPACE, granted.offer_id))
            states.append((row.state, row.reaction, row.shown_at, row.closed_at))
    assert len(set(states)) == 1 and states[0][:2] == ("closed", "dismissed")
    assert count(database, Interaction) == 9


def test_a_reaction_to_somebody_elses_offer_is_ignored(database: Database) -> None:
    """It changes nothing and is counted as ignored; so is one for an unknown offer or another nudge."""
    runtime, _ = make_rig(database)
    granted = ask(runtime)
    assert react(runtime, granted.offer_id, "never_again", user_id="u2") == 1
    assert react(runtime, "no-such-offer", "never_again") == 1
    assert react(runtime, granted.offer_id, "never_again", nudge="other") == 1
    assert count(database, Interaction) == 0


def test_two_workspaces_do_not_see_each_other(database: Database) -> None:
    """The same ids in another workspace share no cap and no claim; a nudge of another reads as missing."""
    runtime, releases = make_rig(database, policy=capped(Cap(1, 86_400)))
    assert isinstance(releases, FixedReleases)
    add_workspace(database, "other")
    releases.put(make_definitions(make_nudge("hello"), policy=capped(Cap(1, 86_400))), "other")
    first, second = ask(runtime), ask(runtime, workspace_id="other")
    assert first.offer_id != second.offer_id
    releases.put(make_definitions(make_nudge("theirs")), "other")
    with pytest.raises(HeldError) as theirs:
        ask(runtime, nudge="theirs", claim_id="claim-9")
    with pytest.raises(HeldError) as missing:
        ask(runtime, nudge="missing", claim_id="claim-9")
    assert (theirs.value.reason, theirs.value.detail) == (missing.value.reason, missing.value.detail)
