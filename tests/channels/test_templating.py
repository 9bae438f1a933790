# ruff: noqa: E501 - a payload is easier to read whole
"""Templates: what they may say, what they may cost, and what hostile values turn into."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.channels.nodes import parse_nodes, plain_text
from waypost_server.channels.templating import MAX_OUTPUT, parse_template, render
from waypost_server.domain.errors import TemplateError

FACTS = {
    "user": {"name": "Ada Lovelace", "tags": ["a", "b"], "none": None, "empty": ""},
    "account": {"users": 1, "share": 0.5, "day": "2026-12-01", "mrr": 4000.0},
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{ user.name }}", "Hi Ada Lovelace"),
        ("Hi {{ user.name | first_word }}", "Hi Ada"),
        ('{{ user["name"] }}', "Ada Lovelace"),
        ("{{ user.nope | default('there') }}", "there"),
        ("{{ user.none | default('there') }}", "there"),
        ("{{ user.empty | default('there') }}", "there"),
        ("{{ nobody.at.all | default('there') }}", "there"),
        ("{{ nobody.name | first_word | default('there') }}", "there"),
        ("{% if user.nope is defined %}a{% else %}b{% endif %}", "b"),
        ("{% if nobody.at.all %}a{% else %}b{% endif %}", "b"),
        ("{% if account.users > 1 and not user.none %}a{% else %}b{% endif %}", "b"),
        ("{% for tag in user.tags %}[{{ tag }}]{% endfor %}", "[a][b]"),
        ("{{ user.tags | join }}", "a, b"),
        ("{{ account.users }} report{{ account.users | pluralize }}", "1 report"),
        ("{{ account.users | pluralize('day', 'days') }}", "day"),
        ("{{ account.share | percent }}", "50 %"),
        ("{{ account.mrr }}", "4000"),
        ("{{ account.share | round }}", "0"),
        ("{{ account.day | date }}", "1 December 2026"),
        ("{{ user.name | upper }}", "ADA LOVELACE"),
        ("100 % {# a comment #}plain", "100 % plain"),
    ],
)
def test_what_a_template_may_say(source: str, text: str) -> None:
    """Facts, defaults, if, for and a dozen filters are enough for a message."""
    assert render(parse_template(source), FACTS) == text


def test_a_template_names_its_facts() -> None:
    """`paths` are the facts a template reads; the names of a loop are not facts."""
    source = "{{ user.name }}{% for t in user.tags %}{{ t.x }}{% if account.users %}{% endif %}{% endfor %}"
    assert parse_template(source).paths == {"user.name", "user.tags", "account.users"}


REFUSED = [
    "{{ 'x' * 500000000 }}", "{{ 9 ** 9 }}", "{{ 1 + 1 }}", "{{ a ~ b }}", "{{ -a }}", "{{ '%1000000000d' | format(1) }}",
    "{{ user['__class__'] }}", "{{ user.__class__ }}", "{{ user._x }}", "{{ _x }}", "{{ user[0] }}", "{{ user[name] }}",
    "{{ user.name.upper() }}", "{{ range(9) }}", "{{ lipsum() }}", "{{ cycler.__init__ }}", "{{ self }}", "{{ self.x }}",
    "{{ user | attr('name') }}", "{{ user.name | safe }}", "{{ user.tags | map('upper') }}", "{{ user.tags | tojson }}",
    "{{ user.name | truncate(1000000000) }}", "{{ user.name | default(*user) }}", "{{ user.name | default(value='x') }}",
    "{% set a = 1 %}", "{% macro a() %}{% endmacro %}", "{% include 'x' %}", "{% import 'x' as y %}",
    "{% from 'x' import y %}", "{% extends 'x' %}", "{% block a %}{% endblock %}", "{% filter upper %}{% endfilter %}",
    "{% autoescape false %}{% endautoescape %}", "{% call a() %}{% endcall %}", "{% with a = 1 %}{% endwith %}",
    "{{ a if b else c }}", "{{ [1] }}", "{{ {'a': 1} }}", "{{ (1, 2) }}", "{{ a[1:2] }}", "{{ 1 is divisibleby 2 }}",
    "{% for a in b recursive %}{% endfor %}", "{% for a in b if a %}{% endfor %}", "{% for a, c in b %}{% endfor %}",
    "{% for a in 'xy' %}{% endfor %}", "{% for a in b | join %}{% endfor %}",
    "{% for a in x.y %}{% for b in x.y %}{% for c in x.y %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in x.y %}{{ loop.index }}{% endfor %}",
    "{% if a %}" * 200 + "{% endif %}" * 200, "{{ " + "(" * 3000 + "a" + ")" * 3000 + " }}", "{{ a" + ".b" * 5000 + "}}",
    "{{ a", "{% if %}", "{{ }}", "{% nope %}", "x" * 20_001, "{{ a }}" * 2_100,
]  # fmt: skip


@pytest.mark.parametrize("source", REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused(source: str) -> None:
    """Calls, arithmetic, private names, unknown filters and anything costly are refused, at once, with a remedy."""
    started = time.perf_counter()
    with pytest.raises(TemplateError) as caught:
        compiled = parse_template(source)
        render(compiled, FACTS)
    assert caught.value.detail["remedy"] and caught.value.detail["line"] >= 1
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "source",
    ["Hi {{ user.nope }}", "Hi {{ user.none }}", "Hi {{ user.tags }}", "{{ user }}", "{{ user.nope > 1 }}"],
)
def test_nothing_is_never_shown(source: str) -> None:
    """A missing value, null, a list or a whole document is an error, not "Hi ," or "None"."""
    with pytest.raises(TemplateError):
        render(parse_template(source), FACTS)


def test_a_loop_is_short_and_the_text_is_capped() -> None:
    """A loop walks 50 items at most, and the whole text stays below its cap."""
    facts = {"x": {"y": ["a"] * 10_000}}
    assert render(parse_template("{% for a in x.y %}{{ a }}{% endfor %}"), facts) == "a" * 50
    twice = "{% for a in x.y %}{% for b in x.y %}" + "z" * 100 + "{% endfor %}{% endfor %}"
    with pytest.raises(TemplateError, match=f"{MAX_OUTPUT:,}"):
        render(parse_template(twice), facts)


class Dangerous:
    """An object with a method that must never run."""

    deleted = False

    def delete(self) -> None:
        Dangerous.deleted = True

    def __str__(self) -> str:
        return "plain"


def test_objects_become_plain_text() -> None:
    """Nothing with methods of its own reaches a template."""
    assert render(parse_template("{{ user.thing }}"), {"user": {"thing": Dangerous()}}) == "plain"
    assert (
        render(parse_template("{{ user.thing.delete | default('gone') }}"), {"user": {"thing": Dangerous()}})
        == "gone"
    )
    assert not Dangerous.deleted


@given(st.text(max_size=60))
def test_a_value_in_markdown_is_only_text(name: str) -> None:
    """Whatever a customer calls itself, it is one run of text: no link, no list, no emphasis."""
    compiled = parse_template("Hello **{{ user.name }}**, welcome.", markup="markdown")
    nodes = parse_nodes(render(compiled, {"user": {"name": name}}))
    kinds = {node["t"] for block in nodes for node in block["c"]} | {block["t"] for block in nodes}
    assert kinds <= {"p", "text", "strong"}
    kept = [word for word in name.split() if word.isalnum() and word.isascii()]
    assert all(word in plain_text(nodes) for word in kept)


LINES = """Hello.
? {{ peers.reports.active_share }} % of companies like yours read reports.
The end.

? - {{ user.name }} is on it
? {{ peers.other.new_share }} % started last week, {{ user.name }}.

Bye."""


def test_a_line_is_left_out_when_a_fact_in_it_is_missing() -> None:
    """The line goes whole, with its line end; the paragraph around it stays one."""
    compiled = parse_template(LINES)
    assert render(compiled, {}) == "Hello.\nThe end.\n\nBye."
    facts = {**FACTS, "peers": {"reports": {"active_share": 65}}}
    assert render(compiled, facts) == (
        "Hello.\n65 % of companies like yours read reports.\nThe end.\n\n- Ada Lovelace is on it\n\nBye."
    )
    assert compiled.paths == {"peers.reports.active_share", "peers.other.new_share", "user.name"}


def test_a_zero_is_known_and_nothing_else_changes() -> None:
    """Only what is missing or null is left out; a question mark elsewhere is a question mark."""
    assert (
        render(parse_template("? {{ account.none }} x\nyes? {{ account.zero }}"), {"account": {"zero": 0}})
        == "yes? 0"
    )
    assert render(parse_template("? {{ account.zero }} left"), {"account": {"zero": 0}}) == "0 left"
    assert render(parse_template("?{{ account.zero }}"), {"account": {"zero": 0}}) == "?0"


@pytest.mark.parametrize(
    "source", ["a\n? {{ x", "a\n? {{ 1 + 1 }}", "a\n? {% if x %}y", "a\n? {{ _line_2 }}"]
)
def test_a_line_that_may_be_left_out_is_whole_and_keeps_its_number(source: str) -> None:
    """It cannot open a block, nor read what decides whether it is said; the error names its line."""
    with pytest.raises(TemplateError) as caught:
        parse_template(source)
    assert caught.value.detail["line"] == 2
