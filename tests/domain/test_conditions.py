"""Compiling and explaining conditions: what is refused, what is read, what is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waypost_server.domain.conditions import (
    MAX_DEPTH,
    MAX_LEAVES,
    ConditionError,
    compile_condition,
    evaluate,
)
from waypost_server.domain.explanation import Group, Leaf


def nested(depth: int) -> dict[str, Any]:
    """`$not` inside `$not`, `depth` times."""
    condition: dict[str, Any] = {"user.role": "admin"}
    for _ in range(depth):
        condition = {"$not": condition}
    return condition


REFUSED = [
    ({"$and": []}, "empty_group", "/$and"),
    ({"$or": []}, "empty_group", "/$or"),
    ({"$nor": []}, "empty_group", "/$nor"),
    ({"$not": {}}, "empty_group", "/$not"),
    ({"$or": [{}]}, "empty_group", "/$or/0"),
    ({"user.role": {}}, "empty_group", "/user.role"),
    ({"$or": {"a": 1}}, "condition_shape", "/$or"),
    ({"$not": ["x"]}, "condition_shape", "/$not"),
    ({"$and": ["x"]}, "condition_shape", "/$and/0"),
    ({"user.role": {"$regex": "^a"}}, "regex_unsupported", "/user.role/$regex"),
    ({"user.role": {"$inn": ["a"]}}, "unknown_operator", "/user.role/$inn"),
    ({"$xor": [{"a": 1}]}, "unknown_operator", "/$xor"),
    ({"$in": ["a"]}, "unknown_operator", "/$in"),
    ({"user.role": {"$in": "admin"}}, "operator_value", "/user.role/$in"),
    ({"user.role": {"$in": []}}, "operator_value", "/user.role/$in"),
    ({"user.role": {"$gt": True}}, "operator_value", "/user.role/$gt"),
    ({"user.role": {"$gt": None}}, "operator_value", "/user.role/$gt"),
    ({"user.role": {"$exists": 1}}, "operator_value", "/user.role/$exists"),
    ({"user.role": {"$type": "text"}}, "operator_value", "/user.role/$type"),
    ({"user.role": {"$vgt": True}}, "operator_value", "/user.role/$vgt"),
    ({"user.role": {"$elemMatch": 3}}, "operator_value", "/user.role/$elemMatch"),
    ({"user.role": {"$eq": ["a"]}}, "operator_value", "/user.role/$eq"),
    ({"user.role": {"$in": ["a"], "x": 1}}, "mixed_keys", "/user.role"),
    ({"user.role": float("nan")}, "condition_value", "/user.role"),
    ({"a/b~c": {"$inn": 1}}, "unknown_operator", "/a~1b~0c/$inn"),
    (nested(MAX_DEPTH + 1), "too_deep", "/$not" * (MAX_DEPTH + 1)),
    ({"$or": [{"user.x": i} for i in range(MAX_LEAVES + 1)]}, "too_many_leaves", f"/$or/{MAX_LEAVES}/user.x"),
]


@pytest.mark.parametrize(("condition", "code", "pointer"), REFUSED)
def test_a_malformed_condition_is_refused_with_its_place(condition: Any, code: str, pointer: str) -> None:
    """A malformed condition is an error when compiled, and the error points into the document."""
    with pytest.raises(ConditionError) as caught:
        compile_condition(condition)
    assert (caught.value.code, caught.value.detail["pointer"]) == (code, pointer)


def test_an_unknown_operator_names_the_nearest() -> None:
    """A typo in an operator is answered with the operator that was meant."""
    with pytest.raises(ConditionError) as caught:
        compile_condition({"user.role": {"$exist": True}})
    assert caught.value.remedy == "did you mean $exists"


def test_the_limits_are_exact() -> None:
    """The deepest and the longest condition allowed still compile."""
    compile_condition(nested(MAX_DEPTH))
    compile_condition({"$or": [{"user.x": i} for i in range(MAX_LEAVES)]})


def test_paths_are_the_facts_read() -> None:
    """`paths` names every fact a condition may read, whatever the nesting."""
    condition = {
        "user.role": "admin",
        "$or": [{"usage.x.total": {"$gt": 1}}, {"$not": {"account.plan": "a"}}],
    }
    assert compile_condition(condition).paths == {"user.role", "usage.x.total", "account.plan"}


def test_leaves_know_their_place() -> None:
    """Each comparison carries its place in the document, for messages."""
    compiled = compile_condition({"$or": [{"user.role": {"$in": ["a"]}}, {"user.name": "b"}]})
    assert [leaf.where for leaf in compiled.leaves()] == [
        ("$or", 0, "user.role", "$in"),
        ("$or", 1, "user.name"),
    ]


def test_an_explanation_shows_what_was_seen() -> None:
    """Each leaf tells the fact, the operator, what was wanted and what was seen."""
    compiled = compile_condition({"user.role": {"$in": ["admin"]}, "account.plan": "growth"})
    explained = compiled.explain({"user": {"role": "viewer"}, "account": {"plan": "growth"}})
    assert explained == Group(
        "$and",
        (
            Leaf("user.role", "$in", ["admin"], "viewer", "false"),
            Leaf("account.plan", "=", "growth", "growth", "true"),
        ),
        "false",
    )
    assert explained.as_json()["children"][0]["seen"] == "viewer"


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ({"browser.path": "/a"}, "unknown"),
        ({"browser.path": "/a", "user.role": "admin"}, "unknown"),
        ({"browser.path": "/a", "user.role": "viewer"}, "false"),
        ({"$or": [{"browser.path": "/a"}, {"user.role": "admin"}]}, "true"),
        ({"$or": [{"browser.path": "/a"}, {"user.role": "viewer"}]}, "unknown"),
        ({"$not": {"browser.path": "/a"}}, "unknown"),
        ({"$nor": [{"browser.path": "/a"}, {"user.role": "admin"}]}, "false"),
        ({"$nor": [{"browser.path": "/a"}, {"user.role": "viewer"}]}, "unknown"),
    ],
)
def test_facts_of_the_browser_are_unknown_on_the_server(condition: dict[str, Any], truth: str) -> None:
    """Unknown wins unless another branch already decides."""
    explained = compile_condition(condition).explain({"user": {"role": "admin"}}, frozenset({"browser"}))
    assert explained.truth == truth


def test_segments_give_groups_their_members() -> None:
    """`$inGroup` reads a named group; an unknown one is refused with the nearest name."""
    groups = {"beta": ["acme", "globex"]}
    compiled = compile_condition({"account.id": {"$inGroup": "beta"}}, groups)
    assert compiled.test({"account": {"id": "acme"}}) and not compiled.test({"account": {"id": "x"}})
    with pytest.raises(ConditionError) as caught:
        compile_condition({"account.id": {"$inGroup": "bata"}}, groups)
    assert caught.value.remedy == "did you mean beta"


# --- properties -----------------------------------------------------------------------------------
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
PATHS = st.sampled_from(["user.role", "user.age", "a.b.c", "x"])
FACTS = st.dictionaries(
    st.sampled_from(["user", "a", "x"]),
    st.dictionaries(st.sampled_from(["role", "age", "b"]), JSON, max_size=3) | JSON,
)
OPERATIONS = st.one_of(
    st.text(max_size=4),
    st.integers(-3, 3),
    st.booleans(),
    st.none(),
    st.builds(
        lambda v: {"$in": v}, st.lists(st.text(max_size=3) | st.integers(0, 3), min_size=1, max_size=3)
    ),
    st.builds(
        lambda op, v: {op: v},
        st.sampled_from(["$lt", "$lte", "$gt", "$gte", "$eq", "$ne"]),
        st.integers(-3, 3),
    ),
    st.builds(lambda v: {"$exists": v}, st.booleans()),
)
CONDITIONS = st.recursive(
    st.dictionaries(PATHS, OPERATIONS, min_size=1, max_size=2),
    lambda inner: (
        st.builds(
            lambda op, v: {op: v},
            st.sampled_from(["$and", "$or", "$nor"]),
            st.lists(inner, min_size=1, max_size=3),
        )
        | st.builds(lambda v: {"$not": v}, inner)
    ),
    max_leaves=5,
)


@given(CONDITIONS, FACTS)
def test_not_twice_is_nothing(condition: dict[str, Any], facts: dict[str, Any]) -> None:
    """$not of $not is the condition itself."""
    assert evaluate({"$not": {"$not": condition}}, facts) is evaluate(condition, facts)


@given(CONDITIONS, CONDITIONS, FACTS)
def test_de_morgan(one: dict[str, Any], two: dict[str, Any], facts: dict[str, Any]) -> None:
    """Not (a and b) is (not a) or (not b); $nor is not $or."""
    both = evaluate({"$not": {"$and": [one, two]}}, facts)
    assert both is evaluate({"$or": [{"$not": one}, {"$not": two}]}, facts)
    assert evaluate({"$nor": [one, two]}, facts) is not evaluate({"$or": [one, two]}, facts)


@given(CONDITIONS, FACTS)
def test_the_explanation_is_the_verdict(condition: dict[str, Any], facts: dict[str, Any]) -> None:
    """With every fact known, an explanation is never unknown and agrees with the closure."""
    compiled = compile_condition(condition)
    assert compiled.explain(facts).truth == ("true" if compiled.test(facts) else "false")


@settings(max_examples=300)
@given(
    st.dictionaries(st.text(max_size=6) | st.sampled_from(["$or", "$not", "user.role"]), JSON, max_size=3),
    JSON,
)
def test_any_json_is_refused_or_answered(condition: dict[str, Any], facts: Any) -> None:
    """Any JSON condition over any JSON facts is refused with ConditionError or answered true or false."""
    try:
        compiled = compile_condition(condition)
    except ConditionError:
        return
    assert compiled.test(facts) in (True, False)


@settings(max_examples=300)
@given(JSON, JSON, st.sampled_from(["$lt", "$gte", "$in", "$nin", "$ini", "$all", "$alli", "$size", "$elemMatch",
                                    "$vgt", "$veq", "$eq", "$ne", "$type", "$not", "$inGroup"]))  # fmt: skip
def test_any_operator_takes_any_value(wanted: Any, seen: Any, operator: str) -> None:
    """No operator raises anything but ConditionError, whatever it is given and whatever it sees."""
    try:
        compiled = compile_condition({"x": {operator: wanted}})
    except ConditionError:
        return
    assert compiled.test({"x": seen}) in (True, False)
