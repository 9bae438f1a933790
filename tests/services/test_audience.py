"""Counting an audience: exactly whom a decision would reach, or a sample that says how sure it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import WORKSPACE, add_workspace, make_runtime
from tests.services.decide_rig import FixedReleases, make_definitions
from waypost_server.domain.conditions import compile_condition
from waypost_server.domain.sample import wilson
from waypost_server.services.audience import Population, estimate
from waypost_server.services.facts import facts_for
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, EndUser, Membership, UsageTotal

KEY = {"workspace_id": WORKSPACE}
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"user.role": "admin"},
    {"account.plan": "growth", "user.role": {"$in": ["admin", "viewer"]}},
    {"usage.editor.total": {"$gte": 3}},
    {"account_usage.editor.total": {"$gte": 8}},
    {"$or": [{"usage.editor.used": False}, {"account.plan": "free"}]},
    {"$not": {"user.department": "sales"}, "account.users": {"$gt": 1}},
    {"milestone.setup.done": {"$gte": 1}},
]


class Rig:
    """Nine people in three accounts; one person belongs to two."""

    def __init__(self, database: Database) -> None:
        releases = FixedReleases()
        self.release = releases.put(make_definitions())
        self.database, self.workspace = database, add_workspace(database)
        self.runtime = make_runtime(database, releases=releases)
        with database.write() as session:
            session.add_all(_rows(self.runtime.clock()))


@pytest.fixture
def rig(database: Database) -> Rig:
    """The people, on both databases."""
    return Rig(database)


def _rows(now: datetime) -> list[Any]:
    rows: list[Any] = []
    for number in range(3):
        plan = ("growth", "free", "growth")[number]
        rows.append(Account(**KEY, id=f"a{number}", traits={"plan": plan}, traits_at={}))
        for place in range(3):
            user = f"u{number}{place}"
            department = {"department": "sales" if place else "ops"}
            rows.append(EndUser(**KEY, id=user, traits=department, traits_at={}, trust="server"))
            role = ("admin", "viewer", None)[place]
            rows.append(Membership(**KEY, account_id=f"a{number}", user_id=user, role=role))
            if place:
                rows.append(
                    UsageTotal(**KEY, account_id=f"a{number}", user_id=user, feature="editor",
                               first_at=now, last_at=now, total=number + place)
                )  # fmt: skip
    rows.append(Membership(**KEY, account_id="a1", user_id="u00", role="viewer"))
    return rows


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_the_audience_is_whom_a_decision_meets(rig: Rig, condition: dict[str, Any]) -> None:
    """Everybody in the count satisfies the condition with the facts a decision loads, and nobody else does."""
    release = rig.release
    with rig.database.read() as session:
        population = Population.of(session, rig.runtime, rig.workspace, release)
        found, seen = population.reached(condition)
        compiled = compile_condition(condition)
        wanted = {
            (each.account_id, each.user_id)
            for each in population.members
            if compiled.test(
                facts_for(session, rig.runtime, rig.workspace, each.user_id, each.account_id, release,
                          paths=compiled.paths).values
            )
        }  # fmt: skip
    assert {(each.account_id, each.user_id) for each in found} == wanted
    assert seen == 10


def test_a_person_in_two_accounts_counts_once(rig: Rig) -> None:
    """The count is of people, not of memberships."""
    found = estimate(rig.runtime, rig.workspace, rig.release, {})
    assert (found.users, found.accounts, found.of_users, found.exact) == (9, 3, 9, True)


def test_out_of_time_answers_with_an_interval(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first chunk the time is up: a share of those seen, and how sure that is."""
    monkeypatch.setattr("waypost_server.services.audience.CHUNK", 4)
    ticks = iter(range(0, 100, 10))
    found = estimate(
        rig.runtime, rig.workspace, rig.release, {"user.role": "admin"}, stopwatch=lambda: next(ticks)
    )
    assert (found.exact, found.looked_at) == (False, 4)
    assert 0 <= found.low <= found.users <= found.high <= 9


def test_another_workspace_is_not_counted(rig: Rig) -> None:
    """People are counted in their own workspace only."""
    assert estimate(rig.runtime, "elsewhere", rig.release, {}).of_users == 0


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share(hits_of: tuple[int, int]) -> None:
    """The interval is inside 0 to 1 and around the share that was seen."""
    hits, of = hits_of
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-9
    assert hits / of - 1e-9 <= high <= 1


def test_the_interval_of_nothing() -> None:
    """Nobody seen says nothing."""
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(50, 100)
    assert (round(low, 4), round(high, 4)) == (0.4038, 0.5962)
