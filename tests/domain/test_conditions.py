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
    ({"user.role": {"$regex": "(?=a)"}}, "bad_pattern", "/user.role/$regex"),
    ({"user.role": {"$notRegexi": "("}}, "bad_pattern", "/user.role/$notRegexi"),
    ({"user.role": {"$regexi": "a" * 257}}, "bad_pattern", "/user.role/$regexi"),
    ({"user.role": {"$regex": "(a{500}){500}"}}, "bad_pattern", "/user.role/$regex"),
    ({"user.role": {"$regex": 5}}, "operator_value", "/user.role/$regex"),
    ({"user.role": {"$inGroup": "beta"}}, "unknown_group", "/user.role/$inGroup"),
    ({"user.role": {"$inGroup": 5}}, "operator_value", "/user.role/$inGroup"),
    ({"$savedGroup": "admins"}, "unknown_group", "/$savedGroup"),
    ({"user.role": {"$in": list(range(10_001))}}, "too_many_values", "/user.role/$in"),
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


GROUPS = {
    "beta": ["acme", "globex"],
    "admins": {"type": "condition", "condition": {"user.role": "admin", "account.id": {"$inGroup": "beta"}}},
    "one": {"type": "condition", "condition": {"$savedGroup": "other"}},
    "other": {"type": "condition", "condition": {"$not": {"$savedGroup": "one"}}},
}


def test_a_list_group_gives_its_members() -> None:
    """`$inGroup` reads a named list; an unknown one is refused with the nearest name."""
    compiled = compile_condition({"account.id": {"$inGroup": "beta"}}, GROUPS)
    assert compiled.test({"account": {"id": "acme"}}) and not compiled.test({"account": {"id": "x"}})
    with pytest.raises(ConditionError) as caught:
        compile_condition({"account.id": {"$inGroup": "bata"}}, GROUPS)
    assert caught.value.remedy == "did you mean beta"


def test_a_saved_condition_stands_in_its_place() -> None:
    """`$savedGroup` reads the facts of the condition it names, and the explanation carries the name."""
    compiled = compile_condition({"account.plan": "pro", "$savedGroup": "admins"}, GROUPS)
    facts = {"account": {"id": "acme", "plan": "pro"}, "user": {"role": "admin"}}
    assert compiled.paths == {"account.plan", "user.role", "account.id"}
    assert compiled.test(facts) and not compiled.test({**facts, "user": {"role": "viewer"}})
    explained = compiled.explain(facts).as_json()
    assert explained["children"][1]["group"] == "admins" and explained["truth"] == "true"


@pytest.mark.parametrize(
    ("condition", "code", "remedy"),
    [
        ({"$savedGroup": "one"}, "group_cycle", "take one of them out"),
        ({"$savedGroup": "beta"}, "group_kind", "write {some.fact: {$inGroup: beta}}"),
        ({"account.id": {"$inGroup": "admins"}}, "group_kind", "write $savedGroup: admins"),
        ({"$savedGroup": "admin"}, "unknown_group", "did you mean admins"),
    ],
)
def test_a_group_in_the_wrong_place_is_refused(condition: dict[str, Any], code: str, remedy: str) -> None:
    """A circle, a list where a condition belongs and the reverse are errors with a remedy."""
    with pytest.raises(ConditionError) as caught:
        compile_condition(condition, GROUPS)
    assert (caught.value.code, caught.value.remedy) == (code, remedy)


@pytest.mark.parametrize(
    ("condition", "without", "on_a", "on_b"),
    [
        ({"page.path": "/a"}, False, True, False),
        ({"page.path": {"$ne": "/a"}}, False, False, True),
        ({"$not": {"page.path": "/a"}}, False, False, True),
        ({"$or": [{"page.path": "/a"}, {"user.role": "admin"}]}, True, True, True),
    ],
)
def test_a_page_nobody_named_is_no_yes(
    condition: dict[str, Any], without: bool, on_a: bool, on_b: bool
) -> None:
    """Asked without a page, a condition holds only if it would on every page."""
    test, facts = compile_condition(condition).test, {"user": {"role": "admin"}}
    answers = [test(facts), *(test({**facts, "page": {"path": path}}) for path in ("/a", "/b"))]
    assert answers == [without, on_a, on_b]


@pytest.mark.parametrize("operator", ["$notRegex", "$notRegexi"])
def test_a_negated_pattern_is_the_opposite(operator: str) -> None:
    """`$notRegex` holds where `$regex` does not, for a missing fact too."""
    positive = operator.replace("notRegex", "regex")
    for seen in ("beta", "BETA", "alpha", 5, None):
        found = evaluate({"x": {positive: "^be"}}, {"x": seen})
        assert evaluate({"x": {operator: "^be"}}, {"x": seen}) is not found


def test_a_long_text_never_matches() -> None:
    """Texts above the limit are not searched."""
    assert evaluate({"x": {"$regex": "a"}}, {"x": "a" * 1000})
    assert not evaluate({"x": {"$regex": "a"}}, {"x": "a" * 1001})


def test_no_pattern_stalls() -> None:
    """The pattern that takes a backtracking engine longer than the universe is answered at once."""
    bad = compile_condition({"x": {"$regex": "^(a+)+$"}})
    assert not any(bad.test({"x": "a" * 900 + "!"}) for _ in range(100))


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


@settings(max_examples=3 * settings.default.max_examples)
@given(
    st.dictionaries(st.text(max_size=6) | st.sampled_from(["$or", "$not", "user.role"]), JSON, max_size=3),
    JSON,
)
def test_any_json_is_refused_or_answered(condition: dict[str, Any], facts: Any) -> None:
    """Any JSON condition over any JSON facts is answered, and what compiles answers the same."""
    assert evaluate(condition, facts) in (True, False)
    try:
        compiled = compile_condition(condition)
    except ConditionError:
        return
    assert compiled.test(facts) is evaluate(condition, facts)


@settings(max_examples=3 * settings.default.max_examples)
@given(JSON, JSON, st.sampled_from(["$lt", "$gte", "$in", "$nin", "$ini", "$all", "$alli", "$size", "$elemMatch",
                                    "$vgt", "$veq", "$eq", "$ne", "$type", "$not", "$inGroup",
                                    "$regex", "$notRegexi"]))  # fmt: skip
def test_any_operator_takes_any_value(wanted: Any, seen: Any, operator: str) -> None:
    """No operator raises anything but ConditionError, whatever it is given and whatever it sees."""
    assert evaluate({"x": {operator: wanted}}, {"x": seen}) in (True, False)
    try:
        compiled = compile_condition({"x": {operator: wanted}})
    except ConditionError:
        return
    assert compiled.test({"x": seen}) in (True, False)
