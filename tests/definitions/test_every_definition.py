"""The definitions shipped with the product: they load, pass their cases and keep the demo's promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from waypost_server.channels.nodes import parse_nodes
from waypost_server.channels.template_check import check_template
from waypost_server.channels.templating import parse_template, render
from waypost_server.definitions.cases import run
from waypost_server.definitions.loader import load, load_files
from waypost_server.domain import facts
from waypost_server.domain.conditions import compile_condition
from waypost_server.domain.definitions import Case, Nudge, Play, Template

FOLDER = Path(__file__).parents[2] / "nudges"
LOADED = load(FOLDER, check_template=check_template)
DEFINITIONS = LOADED.definitions


def test_there_is_nothing_to_fix() -> None:
    """No errors and no warnings: a customer starts from a clean set."""
    assert [str(finding) for finding in LOADED.findings] == []


def test_a_release_reads_the_same() -> None:
    """The files as a release stores them make the same definitions as the folder."""
    assert load_files(LOADED.files).definitions == DEFINITIONS


@pytest.mark.parametrize("nudge", DEFINITIONS.nudges, ids=lambda nudge: nudge.key)
def test_nudge(nudge: Nudge) -> None:
    """Every nudge has a goal, a reason, and cases for both outcomes; its file bears its key."""
    assert nudge.goal or nudge.surface in ("survey", "announcement")
    assert nudge.source.startswith(f"in-app/{nudge.key}.yaml:")
    assert all(content.why for content in nudge.content.values())
    assert {case.expect == "shown" for case in nudge.cases} == {True, False}


@pytest.mark.parametrize("play", DEFINITIONS.plays, ids=lambda play: play.key)
def test_play(play: Play) -> None:
    """Every play has a goal and a branch for both motions; strategic accounts get a person."""
    assert play.goal and set(play.branches) == {"long_tail", "strategic"}
    assert [step.kind for step in play.branches["strategic"]] == ["task"]


FULL = {
    "user": {"name": "Ada [x](https://evil.example) Lovelace"},
    "account": {"name": "Globex *Corp*", "users": 3, "renewal_in_days": 80},
    "account_usage": {
        key: {"total": 9, "count_28d": 4, "users_28d": 2} for key in facts.keys_of("feature", DEFINITIONS)
    },
    "milestone": {
        key: {"done": 1, "total": 2, "days_in": 20, "next_step": "Launch it"}
        for key in facts.keys_of("milestone", DEFINITIONS)
    },
    "signal": {"usage_decay": {"severity": 0.7}},
}


@pytest.mark.parametrize("template", DEFINITIONS.templates.values(), ids=lambda template: template.key)
def test_template(template: Template) -> None:
    """Every template renders, has a short subject, and a hostile name makes no link."""
    subject = render(parse_template(template.subject), FULL)
    assert 0 < len(subject) <= 78 and "!" not in subject
    body = parse_nodes(render(parse_template(template.body, markup="markdown"), FULL))
    assert body and "'t': 'link'" not in str(body)
    assert not any("\n" in line and "{%" in line for line in [template.subject])


def halfway() -> Nudge:
    """The nudge the whole demo is about."""
    return next(nudge for nudge in DEFINITIONS.nudges if nudge.key == "automation-halfway")


def test_the_story_of_the_demo() -> None:
    """A long-tail admin halfway through gets the tooltip at the launch button, and no other interruption there."""
    nudge = halfway()
    assert (nudge.surface, nudge.where.path, nudge.where.anchor) == (
        "tooltip",
        "/automations/*",
        "automation-launch",
    )
    given = {
        "user": {"role": "admin"},
        "account": {"motion": "long_tail", "days_since_first_seen": 5, "users": 1},
        "milestone": {"first_automation": {"progress": 0.5, "done": 2, "total": 4}},
    }
    shown = [
        each.key
        for each in DEFINITIONS.nudges
        if not each.from_play
        and run(each, compile_condition(each.audience), Case("", given, "shown"), DEFINITIONS).passed
    ]
    assert shown == ["automation-halfway"]


def test_the_halfway_words() -> None:
    """The tooltip says how far, and what comes next, in both languages."""
    known = {"milestone": {"first_automation": {"done": 2, "total": 4, "next_step": "Add a step"}}}
    texts = [render(parse_template(content.body), known) for content in halfway().content.values()]
    assert texts == [
        "2 of 4 steps done. Next: **Add a step**.",
        "2 von 4 Schritten sind erledigt. Als Nächstes: **Add a step**.",
    ]


@pytest.mark.parametrize(
    ("account", "motion"),
    [
        ({"mrr": 4000}, "strategic"),
        ({"plan": "enterprise"}, "strategic"),
        ({"mrr": 3999, "plan": "growth"}, None),
    ],
)
def test_who_is_strategic(account: dict[str, object], motion: str | None) -> None:
    """From 4,000 a month, or on the enterprise plan, a person serves the account."""
    rules = DEFINITIONS.catalog.motions
    matching = [rule.key for rule in rules if compile_condition(rule.when).test({"account": account})]
    assert (matching[0] if matching else None) == motion
