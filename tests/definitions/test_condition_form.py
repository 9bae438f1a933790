"""The builder's rows: they mean exactly their condition, and writing them leaves the rest of the file alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.definitions.files import FILES
from waypost_server.definitions.condition_form import (
    NAMED_GROUPS,
    OPERATORS,
    PATTERNS,
    SEVERAL,
    VERSIONS,
    WITHOUT_VALUE,
    BadValueError,
    Form,
    Group,
    Row,
    read_form,
    type_of,
    value_of,
    write_form,
)
from waypost_server.definitions.condition_places import places
from waypost_server.definitions.strict_yaml import read
from waypost_server.definitions.text_edit import put_mapping
from waypost_server.definitions.yaml_writer import written
from waypost_server.domain.conditions import evaluate
from waypost_server.domain.facts import nest

PATHS = (
    "user.role",
    "user.name",
    "account.plan",
    "usage.launch.days_28d",
    "usage.launch.used",
    "user.traits.x",
)
WORDS = st.sampled_from(["admin", "viewer", "a, b", 'say "hi"', "5", "true", " padded ", "ünï", "#1", "- x"])
NUMBERS = st.sampled_from([0, 1, 5, -3, 0.5, 28])


@st.composite
def rows(draw: Any) -> Row:
    """A row whose value fits its fact."""
    path = draw(st.sampled_from(PATHS))
    kind = type_of(path)
    operator = draw(st.sampled_from(OPERATORS[kind]))
    values = {"number": NUMBERS, "text": WORDS}.get(kind, WORDS | NUMBERS | st.booleans())
    several = operator in SEVERAL
    as_written = {PATTERNS: ["^a", "b$", "[xy]+"], VERSIONS: ["2.10.0", "1"], NAMED_GROUPS: ["beta"]}
    values = next((st.sampled_from(each) for kinds, each in as_written.items() if operator in kinds), values)
    wanted = draw(st.lists(values, min_size=1, max_size=3) if several else values)
    made = WITHOUT_VALUE.get(operator, wanted if operator == "=" else {operator: wanted})
    form = read_form({path: made})
    assert form is not None, made
    (row,) = form.entries
    assert isinstance(row, Row)
    return row


GROUPS = st.builds(
    Group, st.sampled_from(["all", "any"]), st.lists(rows(), min_size=1, max_size=3).map(tuple)
)
FORMS = st.builds(Form, st.sampled_from(["all", "any"]), st.lists(rows() | GROUPS, max_size=4).map(tuple))
PEOPLE = st.fixed_dictionaries({}, optional={path: WORDS | NUMBERS | st.booleans() for path in PATHS})


def holds(form: Form, person: dict[str, Any]) -> bool:
    """What the rows say, spelled out."""

    def one(entry: Row | Group) -> bool:
        if isinstance(entry, Row):
            return evaluate({entry.path: value_of(entry)}, person)
        return (all if entry.joint == "all" else any)(one(row) for row in entry.rows)

    return (all if form.joint == "all" or not form.entries else any)(one(entry) for entry in form.entries)


@given(FORMS, PEOPLE)
def test_a_condition_means_what_its_rows_say(form: Form, facts: dict[str, Any]) -> None:
    """Whoever satisfies the rows satisfies the condition made of them, and the rows read back mean the same."""
    person = nest(facts)
    condition = write_form(form)
    assert evaluate(condition, person) == holds(form, person)
    again = read_form(condition)
    assert again is not None
    assert evaluate(write_form(again), person) == holds(form, person)


@pytest.mark.parametrize(
    "condition",
    [
        {"$not": {"user.role": "admin"}},
        {"$nor": [{"user.role": "admin"}]},
        {"$savedGroup": {"id": "x"}},
        {"user.role": {"$regexi": "a"}},
        {"user.role": {"$regex": "(?=a)"}},
        {"user.role": {"$elemMatch": {"$eq": "a"}}},
        {"user.role": {"$not": {"$eq": "admin"}}},
        {"user.role": None},
        {"user.role": 5},
        {"$or": [{"$and": [{"user.role": "a"}]}, {"user.role": "b"}], "account.plan": "x"},
        {"$or": [{"user.role": "a", "account.plan": "b"}], "user.name": "x"},
        {"usage.launch.used": {"$ne": True}},
    ],
)
def test_what_rows_cannot_hold_is_no_form(condition: dict[str, Any]) -> None:
    """Then the condition is edited as text; nothing is bent to fit."""
    assert read_form(condition) is None


@pytest.mark.parametrize(
    ("path", "operator", "value", "said"),
    [
        ("usage.launch.days_28d", "$gte", "many", "write a number"),
        ("usage.launch.days_28d", "$in", "1, , 2", "divided by commas"),
        ("user.role", "$in", "", "divided by commas"),
        ("user.role", "=", "", "write a value"),
        ("user.role", "$regex", "(?=x)", "pattern"),
        ("user.role", "$regex", "x" * 257, "256 are allowed"),
        ("user.role", "$inGroup", " ", "choose a group"),
        ("$savedGroup", "=", "", "choose a group"),
        ("user.traits.x", "=", '"open', "not closed"),
    ],
)
def test_a_value_that_is_none_says_what_to_write(path: str, operator: str, value: str, said: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(BadValueError, match=said):
        value_of(Row(path, operator, value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | NUMBERS
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab$. :#", max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(JSON)
def test_written_values_read_back(value: Any) -> None:
    """Whatever is written in braces reads back as the same value, in a file of its own."""
    assert read("", f"a: {written(value)}\n").data == {"a": value}


BLOCK = """\
key: hint   # the key
# who
audience:
  # admins know it
  user.role: {$in: [admin]}   # for now
  # deep
  $or:
    # one
    - account.plan: growth   # small
    - usage.launch.used: true
title: "Hint"  # stays

content: {en: {title: a}}
"""
FLOW = "key: hint\naudience: {user.role: admin}   # who\nwhere: {path: /a}\n"
FOLDED = "key: hint\naudience: {user.role: admin,  # chief\n  account.plan: growth}\nwhere: {path: /a}\n"
NONE = "key: hint\nsurface: banner"
NESTED = """\
segments:
  large: {title: L, when: {account.seats: 5}}
  small: {title: S, when: {account.seats: 1}}
"""


@given(
    st.sampled_from([BLOCK, FLOW, FOLDED, NONE, BLOCK.replace("\n", "\r\n")]),
    FORMS.filter(lambda form: form.entries),
)
def test_writing_a_condition_touches_nothing_else(text: str, form: Form) -> None:
    """Every line outside stays byte for byte, every comment on a line of its own stays, and the rest reads the same."""
    condition = write_form(form)
    made = put_mapping(text, ("audience",), condition)
    assert made is not None
    before, after = read("", text).data, read("", made).data
    assert after.pop("audience") == condition
    before.pop("audience", None)
    assert after == before
    for line in text.splitlines(keepends=True):
        if line.strip().startswith("#") or line.startswith(("key", "title", "content", "where")):
            assert line.strip() in made
    assert ("\r\n" in made) == ("\r\n" in text)


def test_a_changed_row_keeps_its_neighbours() -> None:
    """Only the value that changed is written anew; trailing comments stay on their lines."""
    data = read("", BLOCK).data["audience"]
    changed = {**data, "user.role": {"$in": ["admin", "viewer"]}, "account.motion": "long_tail"}
    made = put_mapping(BLOCK, ("audience",), changed)
    assert made == BLOCK.replace("[admin]", "[admin, viewer]").replace(
        "    - usage.launch.used: true\n", "    - usage.launch.used: true\n  account.motion: long_tail\n"
    )
    assert put_mapping(FLOW, ("audience",), {"user.role": "viewer"}) == FLOW.replace("admin", "viewer")
    assert put_mapping(NONE, ("audience",), {"user.role": "a"}) == NONE + "\naudience:\n  user.role: a\n"


def test_conditions_are_found_wherever_they_stand() -> None:
    """The audience of a nudge or play, even where none is written yet; rules of the catalogue; never cases."""
    assert [each.name for each in places("in-app/hint.yaml", FILES["in-app/hint.yaml"])] == ["audience"]
    assert places("plays/drop.yaml", FILES["plays/drop.yaml"])[0].condition == {}
    found = [each.name for each in places("catalog.yaml", FILES["catalog.yaml"])]
    assert found == ["segments large when", "motions strategic when"]
    assert places("in-app/hint.yaml", "a: [") == []
    inside = put_mapping(NESTED, ("segments", "small", "when"), {"account.seats": {"$gte": 2}})
    assert inside == NESTED.replace("{account.seats: 1}", "{account.seats: {$gte: 2}}")
