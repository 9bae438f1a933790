"""The funnel of a nudge never disagrees with the explanation of one person, and its parts are the whole."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import WORKSPACE, Clock, add_workspace
from tests.services.decide_rig import add_person, add_rows, capped, make_definitions, make_nudge, make_rig
from tests.services.test_explain import ROLES, random_nudges, random_past
from waypost_server.domain.definitions import Cap, Content
from waypost_server.domain.errors import NotFoundError
from waypost_server.domain.sample import place, scaled, wilson
from waypost_server.services import funnel as service
from waypost_server.services.explain import explain
from waypost_server.services.funnel import funnel
from waypost_server.store.database import Database
from waypost_server.store.tables import EndUser


def test_funnel_agrees_with_explain(database: Database) -> None:
    """Every nudge's gates count whom explain stops there; the shares are those of the explained leaves."""
    dice, clock = random.Random(11), Clock()
    policy = capped(Cap(2, 86_400, kinds=("interrupting",)), Cap(6, 7 * 86_400, "account"))
    runtime, _ = make_rig(database, *random_nudges(dice)[:12], clock=clock, policy=policy)
    for n in range(20):
        user, account = f"user-{n}", f"account-{n % 7}"
        add_person(database, user, account, role=dice.choice(ROLES), plan=dice.choice(["growth", "starter"]))
        add_rows(database, random_past(dice, user, account, clock))
    add_rows(database, [EndUser(workspace_id=WORKSPACE, id="alone", traits={}, traits_at={})])
    people = ["u1", "alone", *(f"user-{n}" for n in range(20))]
    told = {user: explain(runtime, WORKSPACE, user, None)["nudges"] for user in people}
    met = set()
    for key in (f"n{n}" for n in range(12)):
        of_this = {user: next(each for each in found if each["key"] == key) for user, found in told.items()}
        expected = Counter(each.get("reason", "") for each in of_this.values())
        found = funnel(runtime, WORKSPACE, key)
        assert {each.gate: each.users for each in (*found.gates, found.eligible) if each.users} == expected
        assert found.exact and found.users == len(people)
        for part in (*found.gates, found.eligible):
            assert len(part.samples) == min(part.users, service.SAMPLES)
            assert all(of_this[each.user_id].get("reason", "") == part.gate for each in part.samples)
        held = Counter(
            place
            for each in of_this.values()
            for place, truth in enumerate(truths(each["audience"]))
            if truth
        )
        assert [round(each.expected * len(people)) for each in found.leaves] == [
            held[place] for place in range(len(found.leaves))
        ]
        met |= set(expected)
    assert {"", "audience", "frequency", "budget"} <= met


def truths(tree: dict[str, Any]) -> list[bool]:
    """Whether each leaf of an explained audience holds, in order."""
    if "children" not in tree:
        return [tree["truth"] == "true"]
    return [truth for child in tree["children"] for truth in truths(child)]


def test_samples_name_the_account(database: Database) -> None:
    """A sample is a person in the account last seen in; somebody without one has none."""
    runtime, _ = make_rig(database, make_nudge(audience={"user.role": "admin"}))
    add_rows(database, [EndUser(workspace_id=WORKSPACE, id="alone", traits={}, traits_at={})])
    found = funnel(runtime, WORKSPACE, "hello")
    assert found.eligible.samples == (("u1", "acme"),)
    stopped = next(each for each in found.gates if each.gate == "audience")
    assert stopped.samples == (("alone", None),)
    document = found.as_json()
    assert document["eligible"] == {
        "users": 1, "low": 1, "high": 1, "samples": [{"userId": "u1", "accountId": "acme"}],
    }  # fmt: skip
    assert document["leaves"] == [{"path": "user.role", "operator": "=", "wanted": "admin", "expected": 0.5}]


def test_words_that_cannot_be_filled_in_are_a_gate(database: Database) -> None:
    """Who passes every gate and has no value for the words is stopped at the last one, as in explain."""
    runtime, _ = make_rig(
        database, make_nudge(content={"en": Content("Hi {{ user.nothing.at.all | upper | bad }}", "x")})
    )
    found = funnel(runtime, WORKSPACE, "hello")
    assert found.gates[-1].gate == "content" and found.gates[-1].users == 1 and found.eligible.users == 0


def test_no_users_and_no_nudge(database: Database) -> None:
    """An empty workspace gives zeros with every leaf; a nudge that is not published is NotFoundError."""
    runtime, releases = make_rig(database, make_nudge())
    add_workspace(database, "empty")
    nudge = make_nudge(audience={"user.role": "admin"})
    releases.put(make_definitions(nudge), "empty")
    found = funnel(runtime, "empty", "hello")
    assert (found.users, found.exact, found.eligible.users) == (0, True, 0)
    assert [(each.path, each.expected) for each in found.leaves] == [("user.role", 0.0)]
    for workspace, key in ((WORKSPACE, "none"), ("nowhere", "hello")):
        with pytest.raises(NotFoundError):
            funnel(runtime, workspace, key)


def test_an_answer_stands_for_a_minute(database: Database) -> None:
    """Within a minute the same answer comes back; after it the people are counted anew."""
    clock = Clock()
    runtime, _ = make_rig(database, make_nudge(), clock=clock)
    first = funnel(runtime, WORKSPACE, "hello")
    add_person(database, "u2")
    assert funnel(runtime, WORKSPACE, "hello") is first
    clock.move(minutes=1)
    assert funnel(runtime, WORKSPACE, "hello").users == 2


def test_a_sample_is_scaled_to_everybody(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many people some are asked, the same ones each time; the parts still add up, with intervals."""
    monkeypatch.setattr(service, "LOOKED_AT", 40)
    clock = Clock()
    runtime, _ = make_rig(database, make_nudge(audience={"user.role": "admin"}), clock=clock)
    for n in range(99):
        add_person(database, f"user-{n}", role="admin" if n % 3 else "viewer")
    found = funnel(runtime, WORKSPACE, "hello")
    assert (found.users, found.looked_at, found.exact) == (100, 40, False)
    parts = (*found.gates, found.eligible)
    assert sum(each.users for each in parts) == 100
    assert all(each.low <= each.users <= each.high for each in parts)
    assert found.eligible.low <= 67 <= found.eligible.high
    clock.move(minutes=1)
    assert funnel(runtime, WORKSPACE, "hello").gates == found.gates


def test_explain_says_how_many_pass_each_leaf(database: Database) -> None:
    """`expected` stands beside every leaf of the one nudge asked about, groups included, and nowhere else."""
    audience = {"user.role": "admin", "$or": [{"account.plan": "growth"}, {"account.plan": "pro"}]}
    runtime, _ = make_rig(database, make_nudge(audience=audience))
    add_person(database, "u2", "globex", role="viewer", plan="starter")
    tree = explain(runtime, WORKSPACE, "u2", "globex", "hello", expected=True)["nudges"][0]["audience"]
    first, either = tree["children"]
    assert (first["expected"], first["truth"]) == (0.5, "false")
    assert [each["expected"] for each in either["children"]] == [0.5, 0.0]
    bare = explain(runtime, WORKSPACE, "u2", "globex", expected=True)["nudges"][0]["audience"]
    assert "expected" not in bare["children"][0]


@given(st.lists(st.integers(0, 500), max_size=25), st.integers(0, 1_000_000))
def test_scaled_counts_add_up(counts: list[int], whole: int) -> None:
    """Scaled counts are never negative, add up to the whole, and are each off by at most one."""
    found = scaled(counts, whole)
    total = sum(counts)
    assert sum(found) == (whole if total else 0)
    for count, size in zip(counts, found, strict=True):
        assert size >= 0 and (not total or abs(size - count * whole / total) <= 1)


@given(st.integers(1, 3000), st.data())
def test_the_interval_holds_the_share(of: int, data: st.DataObject) -> None:
    """The interval lies in [0, 1] around what was seen, and says nothing when nothing was."""
    hits = data.draw(st.integers(0, of))
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-12 and hits / of - 1e-12 <= high <= 1
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_sample_is_even_and_steady() -> None:
    """The place of a unit never changes, whatever its name holds, and a half is a half."""
    assert place("u1") == place("u1") and place("\ud800") != place("u1")
    first = sum(place(f"user-{n}")[0] < 128 for n in range(4000))
    assert 1850 < first < 2150
