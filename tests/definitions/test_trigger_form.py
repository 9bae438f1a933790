"""What starts a play as a form: read exactly, and written so that nothing else of the file changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.definitions.files import FILES
from waypost_server.definitions.strict_yaml import read
from waypost_server.definitions.trigger_form import (
    BadTriggerError,
    Often,
    TriggerForm,
    read_trigger,
    write_trigger,
)

FLOW = FILES["plays/drop.yaml"]
BLOCK = """\
key: drop   # the key
# why it starts
on:
  # only the bad ones
  signal: usage_decay   # two weeks late
  severity: {$gte: 0.6}
goal: {feature: launch, count: 2}   # what for
enrol:   # rarely
  max: 2
  # a quarter
  per: 90d
long_tail:
  - webhook: crm
"""
CONDITION = """\
key: grow
on:
  condition:
    account.seats: {$gte: 10}   # big
    # and known
    account.plan: growth
subject: user
every_days: 45
long_tail: [{webhook: crm}]
"""
PERSON = "key: ask\non: {person: true}\nenrol: once\nlong_tail: [{webhook: crm}]"
PLAYS = (FLOW, BLOCK, CONDITION, PERSON, BLOCK.replace("\n", "\r\n"))
OFTEN = (
    st.just(Often(is_usual=True))
    | st.just(Often("1", "", ""))
    | st.builds(Often, st.sampled_from("129"), st.sampled_from(["1", "30", "45"]), st.sampled_from("mhdw"))
)
FORMS = (
    st.builds(
        TriggerForm,
        st.just("signal"),
        st.just("usage_decay"),
        asked=st.none() | st.just(0.5) | st.just({"$gte": 0.5, "$lt": 0.8}),
        often=OFTEN,
    )
    | st.builds(
        TriggerForm,
        st.just("signal"),
        st.sampled_from(["milestone_overdue", "milestone_reached"]),
        st.sampled_from(["", "first"]),
        often=OFTEN,
    )
    | st.builds(
        TriggerForm,
        st.just("condition"),
        condition=st.just({"account.plan": "growth"})
        | st.just({"$or": [{"account.plan": "a"}, {"account.seats": 5}]}),
        subject=st.sampled_from(["account", "user"]),
        often=OFTEN,
    )
    | st.builds(TriggerForm, st.just("person"), subject=st.sampled_from(["account", "user"]), often=OFTEN)
)


def form_of(text: str) -> TriggerForm | None:
    return read_trigger(read("", text).data)


def write(text: str, form: TriggerForm) -> str | None:
    return write_trigger(text, read("", text).data, form)


@given(st.sampled_from(PLAYS), FORMS)
def test_a_form_is_written_and_reads_back(text: str, form: TriggerForm) -> None:
    """Whatever starts the play now, the file says what the form says; comments and other keys stay where they were."""
    made = write(text, form)
    assert made is not None and form_of(made) == form
    before, after = read("", text).data, read("", made).data
    assert [key for key in after if key not in ("enrol", "every_days", "subject")] == [
        key for key in before if key not in ("enrol", "every_days", "subject")
    ]
    kept = set(before) - {"on", "subject", "enrol", "every_days"}
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    for line in text.splitlines():
        if line.strip().startswith("#") or line.split(":")[0] in kept:
            assert line.strip() in made
    assert ("\r\n" in made) == ("\r\n" in text)


@pytest.mark.parametrize("text", PLAYS)
def test_what_did_not_change_is_not_touched(text: str) -> None:
    """The form as it was read writes the text byte for byte."""
    form = form_of(text)
    assert form is not None and write(text, form) == text


def test_one_change_is_one_line() -> None:
    """A severity keeps the signal's other keys; every_days stays where it can say the limit."""
    form = form_of(BLOCK)
    assert form is not None and form.often == Often("2", "90", "d")
    assert write(BLOCK, replace(form, asked={"$gte": 0.8})) == BLOCK.replace("0.6", "0.8")
    assert write(BLOCK, replace(form, often=replace(form.often, times="3"))) == BLOCK.replace(
        "max: 2", "max: 3"
    )
    form = form_of(CONDITION)
    assert form is not None and form.often == Often("1", "45", "d")
    assert write(CONDITION, replace(form, often=Often("1", "60", "d"))) == CONDITION.replace("45", "60")
    twice = CONDITION.replace("every_days: 45\n", "").replace("subject", "enrol: {max: 2, per: 45d}\nsubject")
    assert write(CONDITION, replace(form, often=Often("2", "45", "d"))) == twice
    changed = replace(form, condition={"account.seats": {"$gte": 20}, "account.plan": "growth"})
    assert write(CONDITION, changed) == CONDITION.replace("10", "20")


@pytest.mark.parametrize(
    "on",
    [
        "usage_decay",
        "{signal: usage_decay, person: true}",
        "{signal: [a]}",
        "{condition: {}}",
        "{event: x}",
        "{person: 1}",
    ],
)
def test_what_is_no_trigger_is_no_form(on: str) -> None:
    """Then it is mended in the text; writing leaves it alone."""
    text = f"key: a\non: {on}\n"
    assert form_of(text) is None
    assert write(text, TriggerForm("person")) is None
    assert form_of("key: a\non: {person: true}\nenrol: {max: 1}\n") is None


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"start": "condition"}, "condition", "say what becomes true"),
        ({"signal": "decay"}, "signal", "choose a signal"),
        ({"often": Often("none", "30", "d")}, "times", "whole number"),
        ({"often": Often("2", "1.5", "d")}, "length", "whole number"),
    ],
)
def test_a_form_that_is_not_complete_says_what_is_missing(
    change: dict[str, Any], place: str, said: str
) -> None:
    """Nothing is guessed, and the text stays as it is."""
    form = form_of(FLOW)
    assert form is not None
    with pytest.raises(BadTriggerError, match=said) as caught:
        write(FLOW, replace(form, **change))
    assert caught.value.place == place
