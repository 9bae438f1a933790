"""Counting an audience: exactly whom a decision would reach, or a sample that says how sure it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.builders import WORKSPACE, add_workspace, make_runtime
from tests.services.decide_rig import CATALOG, SETUP, FixedReleases, make_definitions
from waypost_server.domain.conditions import Compiled, compile_condition, getter
from waypost_server.domain.definitions import Journey, Milestone, Segment, Step
from waypost_server.domain.sample import wilson
from waypost_server.services.audience import AT_ONCE, estimate
from waypost_server.services.facts import facts_for
from waypost_server.services.population import Population
from waypost_server.store import crowds
from waypost_server.store.database import Database
from waypost_server.store.tables import (
    Account,
    AccountPeers,
    EndUser,
    Interaction,
    Membership,
    MilestoneState,
    Offer,
    Signal,
    UsageDay,
    UsageTotal,
)

KEY = {"workspace_id": WORKSPACE}
LAUNCH = Milestone("launch", "Launch", "account", (Step("run", "Run", "runner"),), due_days=7)
HEAVY = replace(
    CATALOG, segments=(Segment("heavy", "Heavy users", {"account_usage.editor.total": {"$gte": 1}}),)
)
LEAVES: list[dict[str, Any]] = [
    {"user.role": "admin"},
    {"user.role": {"$in": ["viewer", "owner"]}},
    {"user.role": "guest"},
    {"user.id": {"$in": ["u00", "u11"]}},
    {"user.traits.role": {"$exists": True}},
    {"user.timezone": "UTC"},
    {"user.department": "sales"},
    {"user.traits.department": {"$ne": "sales"}},
    {"user.days_since_first_seen": {"$gte": 10}},
    {"user.email": {"$exists": True}},
    {"account.plan": "growth"},
    {"account.motion": "long_tail"},
    {"account.segment": "heavy"},
    {"account.users": {"$gt": 3}},
    {"usage.editor.total": {"$gte": 3}},
    {"usage.editor.used": False},
    {"usage.runner.days_since_last": {"$lt": 5}},
    {"usage.editor.days_7d": {"$gte": 1}},
    {"usage.runner.count_28d": {"$gt": 1}},
    {"usage.editor.weeks_active_8w": {"$lt": 2}},
    {"account_usage.editor.total": {"$gte": 6}},
    {"account_usage.editor.users_28d": {"$gte": 2}},
    {"account_usage.editor.share_of_seats_28d": {"$gt": 0.4}},
    {"role_usage.viewer.editor.users_28d": {"$gte": 1}},
    {"milestone.setup.done": {"$gte": 1}},
    {"milestone.setup.overdue": True},
    {"milestone.setup.next_step": "Run it"},
    {"milestone.launch.reached": True},
    {"signal.usage_decay.severity": {"$gte": 0.5}},
    {"nudge.hello.shown": {"$gte": 1}},
    {"nudge.hello.clicked": 0},
    {"nudge.hello.shown": 1},
    {"milestone.launch.days_since_reached": {"$exists": True}},
    {"signal.usage_decay.days_open": {"$gte": 1}},
    {"nudge.hello.days_since_shown": {"$gte": 1}},
    {"account_usage.editor.days_since_last": {"$lt": 2}},
    {"peers.editor.active_share": {"$gte": 50}},
    {"page.path": "/home"},
]
CONDITIONS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"$and": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"$or": each}),
        st.lists(inner, min_size=1, max_size=2).map(lambda each: {"$nor": each}),
        inner.map(lambda each: {"$not": each}),
    ),
    max_leaves=6,
)


class Rig:
    """Nine people in three accounts; one person belongs to two."""

    def __init__(self, database: Database) -> None:
        releases = FixedReleases()
        self.release = releases.put(
            make_definitions(catalog=HEAVY, journey=Journey(milestones=(SETUP, LAUNCH)))
        )
        self.database, self.workspace = database, add_workspace(database)
        self.runtime = make_runtime(database, releases=releases)
        with database.write() as session:
            session.add_all(_rows(self.runtime.clock()))
        paths = frozenset(path for leaf in LEAVES for path in leaf)
        self.facts = {}  # (account, user) → what a decision reads
        with database.read() as session:
            for account_id, user_id, _ in crowds.some(session, self.workspace, 100):
                read = facts_for(
                    session, self.runtime, self.workspace, user_id, account_id, self.release, paths=paths
                )
                self.facts[(account_id, user_id)] = read.values


@pytest.fixture
def rig(database: Database) -> Rig:
    """The people, on both databases."""
    return Rig(database)


def _rows(now: datetime) -> list[Any]:
    rows: list[Any] = []
    for number in range(3):
        account: dict[str, Any] = {**KEY, "account_id": f"a{number}"}
        plan = {"plan": ("growth", "free", "growth")[number]}
        motion = (None, "long_tail", "strategic")[number]
        rows.append(Account(**KEY, id=f"a{number}", traits=plan, traits_at={}, motion=motion))
        for place in range(3):
            rows += _person(now, account, f"u{number}{place}", number, place)
        shares = {"editor": {"active_share": 30 * number}}
        rows.append(AccountPeers(**account, week=now.date(), peers=9, shares=shares))
    steps = {"run": now.isoformat()}
    rows.append(
        MilestoneState(**KEY, account_id="a1", user_id="", milestone="launch", done=1, total=1, steps=steps,
                       reached_at=now)
    )  # fmt: skip
    rows.append(
        Signal(**KEY, id="s", account_id="a2", kind="usage_decay", dedupe_key="d", state="open", severity=0.7,
               evidence={}, since=now, opened_at=now - timedelta(days=2), handling="none")
    )  # fmt: skip
    rows.append(Membership(**KEY, account_id="a1", user_id="u00", role="viewer"))
    return rows


def _person(now: datetime, account: dict[str, Any], user: str, number: int, place: int) -> list[Any]:
    mine = {**account, "user_id": user}
    first = (now - timedelta(days=9 * place + number)).date()
    department: dict[str, Any] = {"department": "sales" if place else "ops"}
    if (number, place) in ((0, 1), (1, 2)):
        department |= {"role": "guest", "timezone": "UTC"}
    email = f"{user}@example.com" if place == number else None
    rows: list[Any] = [
        EndUser(
            **KEY, id=user, traits=department, traits_at={}, trust="server", first_day=first, email=email
        ),
        Membership(**mine, role=("admin", "viewer", None)[place], first_day=first),
    ]
    if place:
        ago = 3 * place if number else 0
        total = {"first_at": now - timedelta(days=40), "last_at": now - timedelta(days=ago)}
        rows.append(UsageTotal(**mine, feature="editor", **total, total=number + place))
        rows.append(UsageTotal(**mine, feature="runner", **total, total=9))
        for feature, ago in (("editor", 3), ("editor", 12), ("runner", 20), ("runner", 60)):
            day = (now - timedelta(days=ago * place + 30 * (number == 2))).date()
            rows.append(UsageDay(**mine, feature=feature, day=day, count=number + 1))
        steps = {"open": now.isoformat()}
        rows.append(MilestoneState(**mine, milestone="setup", done=1, total=2, steps=steps))
    if number == place:
        offer = {"id": f"o{user}", "nudge": "hello", "claimed_at": now - timedelta(days=2)}
        rows.append(
            Offer(**mine, **offer, release=1, kind="passive", state="closed", claim_id=user,
                  shown_at=now - timedelta(days=2), reaction="clicked")
        )  # fmt: skip
        lapsed = {"nudge": "hello", "claimed_at": now - timedelta(days=1), "state": "lapsed"}
        rows.append(Offer(**mine, **lapsed, id=f"l{user}", release=1, kind="passive", claim_id=f"l{user}"))
        rows.append(
            Interaction(**mine, id=f"i{user}", offer_id=f"o{user}", nudge="hello", reaction="clicked", at=now)
        )
    return rows


def may_hold(compiled: Compiled, facts: dict[str, Any]) -> bool:
    """Whether the condition holds, or would on some page."""
    return compiled.explain(facts).truth != "false"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS)
@example({})
def test_the_audience_is_whom_a_decision_meets(rig: Rig, condition: dict[str, Any]) -> None:
    """Everybody counts who satisfies the condition, on some page, with the facts a decision loads; nobody else."""
    compiled = compile_condition(condition)
    with rig.database.read() as session:
        population = Population(session, rig.runtime, rig.workspace, rig.release)
        people = population.sample()
        found, among = population.everybody(condition), population.among(condition, people)
    assert len(people) == 10
    wanted = sorted(member[:2] for member in people if may_hold(compiled, rig.facts[member[:2]]))
    assert sorted(member[:2] for member in found or ()) == wanted
    assert sorted(member[:2] for member in among) == wanted


def test_every_kind_of_fact_tells_people_apart(rig: Rig) -> None:
    """No comparison of the test above holds for everybody or for nobody, but for the one about the page."""
    for leaf in LEAVES:
        held = {compile_condition(leaf).test(values) for values in rig.facts.values()}
        assert held == ({False} if "page.path" in leaf else {False, True}), leaf


def test_a_fact_read_alone_is_what_it_is_among_others(rig: Rig) -> None:
    """Nothing that is known is lost because no other fact of its kind was asked for."""
    person = ("a1", "u11")
    for path in (path for leaf in LEAVES for path in leaf):
        with rig.database.read() as session:
            alone = facts_for(
                session,
                rig.runtime,
                rig.workspace,
                person[1],
                person[0],
                rig.release,
                paths=frozenset([path]),
            )
        assert getter(path)(alone.values) == getter(path)(rig.facts[person]), path


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS, st.sampled_from(["/home", "/away"]))
def test_on_a_page_the_audience_is_whom_a_decision_there_meets(
    rig: Rig, condition: dict[str, Any], path: str
) -> None:
    """With a page named, everybody in the count satisfies the condition on it, and nobody else does."""
    compiled = compile_condition(condition)
    with rig.database.read() as session:
        population = Population(session, rig.runtime, rig.workspace, rig.release)
        people = population.sample()
        found = population.everybody(condition, page=(("path", path),))
    page = {"page": {"path": path}}
    assert sorted(each[:2] for each in found or ()) == sorted(
        each[:2] for each in people if compiled.test({**rig.facts[each[:2]], **page})
    )


def test_an_estimate_says_what_it_does_not_know(rig: Rig) -> None:
    """Without a page everybody counts for whom it holds on some page, and the fact is named."""
    condition = {"page.path": "/home", "user.role": "admin"}
    on_some = estimate(rig.runtime, rig.workspace, rig.release, condition)
    assert (on_some.users, on_some.unknown) == (3, ("page.path",))
    for path, users in (("/home", 3), ("/away", 0)):
        there = estimate(rig.runtime, rig.workspace, rig.release, condition, page=(("path", path),))
        assert (there.users, there.unknown) == (users, ())


def test_a_person_in_two_accounts_counts_once(rig: Rig) -> None:
    """The count is of people, not of memberships."""
    found = estimate(rig.runtime, rig.workspace, rig.release, {})
    assert (found.users, found.accounts, found.of_users, found.exact) == (9, 3, 9, True)


def test_out_of_time_answers_with_an_interval(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first few people the time is up: a share of a sample, and how sure that is."""
    monkeypatch.setattr("waypost_server.store.crowd_rows.FETCH", 4)
    monkeypatch.setattr("waypost_server.services.population.SAMPLE", 4)
    ticks = iter(range(0, 100, 10))
    found = estimate(
        rig.runtime, rig.workspace, rig.release, {"user.role": "admin"}, stopwatch=lambda: next(ticks)
    )
    assert (found.exact, found.looked_at) == (False, 4)
    assert 0 <= found.low <= found.users <= found.high <= 9


def test_at_once_looks_at_a_sample_alone(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without time for everybody a sample answers; if it holds everybody, exactly."""
    monkeypatch.setattr("waypost_server.services.population.SAMPLE", 4)
    some = estimate(rig.runtime, rig.workspace, rig.release, {"user.role": "admin"}, seconds=AT_ONCE)
    monkeypatch.setattr("waypost_server.services.population.SAMPLE", 10)
    all_ = estimate(rig.runtime, rig.workspace, rig.release, {"user.role": "admin"}, seconds=AT_ONCE)
    assert (some.exact, some.looked_at, all_.exact, all_.users) == (False, 4, True, 3)


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
