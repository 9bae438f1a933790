"""The index of conditions: whatever the conditions and the facts, it answers as asking each of them does."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waypost_server.domain.conditions import compile_condition
from waypost_server.domain.rule_index import index

TEXTS = ["admin", "viewer", "5", "", "é", "\ue000", "\U0001f600"]
WANTED = st.sampled_from([*TEXTS, 0, 5, 5.5, -1, True, None, [], ["admin"]])
SEEN = st.sampled_from(
    [*TEXTS, 0, 5, 5.5, 6, True, False, None, [], ["admin", "5"], {"a": 1}, float("nan"), 10**30]
)
LEAF = st.one_of(
    WANTED,
    st.builds(lambda texts: {"$in": texts}, st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3)),
    st.builds(lambda value: {"$in": [value, "admin"]}, st.sampled_from([5, None, True])),
    st.builds(
        lambda operator, value: {operator: value},
        st.sampled_from(["$gt", "$gte", "$lt", "$lte"]),
        st.sampled_from([*TEXTS, 0, 5, 5.5, -1]),
    ),
    st.builds(lambda value: {"$gte": value, "$lt": value + 5}, st.integers(-2, 8)),
    st.builds(
        lambda operator, value: {operator: value}, st.sampled_from(["$ne", "$eq"]), st.sampled_from(TEXTS)
    ),
)
PATHS = st.sampled_from(["user.role", "account.plan", "usage.x.total", "page.path"])
FLAT = st.dictionaries(PATHS, LEAF, max_size=4)
CONDITION = FLAT | st.builds(
    lambda one, two, three: {**one, "$and": [two], "$or": [two, three]},
    FLAT,
    FLAT.filter(bool),
    FLAT.filter(bool),
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "user": st.fixed_dictionaries({}, optional={"role": SEEN}),
        "account": st.fixed_dictionaries({}, optional={"plan": SEEN}) | SEEN,
        "usage": st.fixed_dictionaries(
            {}, optional={"x": st.fixed_dictionaries({}, optional={"total": SEEN})}
        ),
        "page": st.fixed_dictionaries({}, optional={"path": SEEN}),
    },
)


@pytest.mark.slow
@settings(max_examples=2 * settings.default.max_examples)
@given(st.lists(CONDITION, max_size=12), st.lists(FACTS, min_size=1, max_size=5))
def test_the_index_answers_as_each_condition_does(conditions: list[Any], seen: list[Any]) -> None:
    """Drawers and rows never change an answer, for values that fit and values that do not."""
    rules = [(place, compile_condition(each)) for place, each in enumerate(conditions)]
    find = index(rules)
    for facts in seen:
        assert sorted(find(facts)) == [place for place, compiled in rules if compiled.test(facts)]


def test_many_alike_are_searched() -> None:
    """A thousand conditions of one shape, as a product has them: the same answers, each condition at most once."""
    dice = random.Random(7)
    roles, plans = ["admin", "analyst", "viewer", "guest"], ["free", "pro", "team"]
    rules = [
        (
            place,
            compile_condition(
                {
                    "user.role": {"$in": dice.sample(roles, 2)},
                    "account.plan": dice.choice(plans),
                    "usage.x.total": {dice.choice(["$gt", "$gte", "$lt", "$lte"]): dice.randrange(40)},
                    "user.since": {"$lt": f"2026-{dice.randrange(1, 13):02d}-01"},
                }
            ),
        )
        for place in range(1000)
    ]
    find = index(rules)
    for _ in range(50):
        facts = {
            "user": {"role": dice.choice([*roles, None]), "since": f"2026-{dice.randrange(1, 13):02d}-01"},
            "account": {"plan": dice.choice(plans)},
            "usage": {"x": {"total": dice.choice([*range(40), "7", None])}},
        }
        assert sorted(find(facts)) == [place for place, compiled in rules if compiled.test(facts)]


def test_no_conditions_find_nothing() -> None:
    """An empty release has nobody to show anything to."""
    assert index([])({"user": {}}) == []
