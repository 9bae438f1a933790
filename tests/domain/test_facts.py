"""The catalogue of facts: names, nearest names, what must be loaded, and the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from waypost_server.domain import facts
from waypost_server.domain.definitions import (
    Catalog,
    Content,
    Definitions,
    Feature,
    Journey,
    Milestone,
    Nudge,
    Role,
    Step,
)
from waypost_server.domain.fact_catalogue import markdown_table
from waypost_server.domain.surfaces import Question, Survey

FEATURES = (Feature("report_export", "Export"), Feature("report_view", "View"))
MILESTONE = Milestone("first_report", "First report", "user", (Step("a", "View it", "report_view"),))
NUDGE = Nudge("halfway", "Halfway", "banner", {"en": Content("a", "b")})
ROLES = (Role("admin", "Administrator"), Role("viewer", "Viewer"))
SURVEY = Nudge("ask", "Ask", "survey", {"en": Content("a", "b")}, survey=Survey((Question("score", "nps"),)))
DEFINITIONS = Definitions(Catalog("Acme", FEATURES, ROLES), Journey((), (MILESTONE,)), nudges=(NUDGE, SURVEY))
DOCS = Path(__file__).parents[2] / "docs" / "facts.md"


@pytest.mark.parametrize(
    "path",
    [
        "user.role",
        "user.department",
        "user.traits.department",
        "user.traits.address.city",
        "account.plan",
        "account.industry",
        "usage.report_export.days_28d",
        "account_usage.report_view.users_28d",
        "milestone.first_report.next_step",
        "usage.report_export.count_1d",
        "usage.report_export.days_365d",
        "usage.report_export.weeks_active_52w",
        "account_usage.report_view.share_of_seats_90d",
        "account_usage.report_view.days_since_last",
        "role_usage.admin.report_view.users_14d",
        "role_usage.viewer.report_view.share_of_seats_28d",
        "milestone.first_report.days_overdue",
        "page.path",
        "signal.usage_decay.open",
        "nudge.halfway.shown",
        "nudge.halfway.variant",
        "survey.ask.score.score",
        "page.viewport",
    ],
)
def test_known(path: str) -> None:
    """Listed facts, keys that are defined, and any trait are facts."""
    assert facts.check(path, DEFINITIONS) is None


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("usr.role", "did you mean user.role"),
        ("usage.report_exprt.total", "did you mean usage.report_export.total"),
        ("usage.report_export.totl", "did you mean usage.report_export.total"),
        ("milestone.first_rport.done", "did you mean milestone.first_report.done"),
        ("milestone.first_report.progres", "did you mean milestone.first_report.progress"),
        ("signal.usage_decy.open", "did you mean signal.usage_decay.open"),
        ("nudge.halfwy.shown", "did you mean nudge.halfway.shown"),
        ("user", "write user.<name>"),
        ("user.traits", "write user.<name>"),
        ("usage.report_export", "write usage.<feature>.<field>, with a field of: used, total"),
        ("usage..total", "write usage.<feature>.<field>"),
        ("usage.report_export.counts_14d", "did you mean usage.report_export.count_14d"),
        ("usage.report_export.count", "did you mean usage.report_export.count_28d"),
        ("usage.report_export.weeks_active", "did you mean usage.report_export.weeks_active_8w"),
        ("usage.report_export.count_0d", "use 1 to 365d"),
        ("usage.report_export.count_366d", "use 1 to 365d"),
        ("usage.report_export.weeks_active_53w", "use 1 to 52w"),
        ("usage.report_export.count_4w", "did you mean usage.report_export.count_4d"),
        ("usage.report_export.count_07d", "did you mean usage.report_export.count_7d"),
        ("role_usage.admn.report_view.users_28d", "did you mean role_usage.admin.report_view.users_28d"),
        ("role_usage.admin.report_vew.users_28d", "did you mean role_usage.admin.report_view.users_28d"),
        (
            "role_usage.admin.users_28d",
            "write role_usage.<role>.<feature>.<field>, with a field of: users_<N>d",
        ),
        ("page.pth", "did you mean page.path"),
        (
            "xyz.today",
            "known: user, account, usage, account_usage, role_usage, milestone, signal, nudge, survey, peers, page",
        ),
    ],
)
def test_unknown_names_the_nearest(path: str, remedy: str) -> None:
    """A typo is answered with the nearest known name, or with what is known."""
    error = facts.check(path, DEFINITIONS)
    assert error is not None and error.remedy.startswith(remedy)


def test_only_what_is_mentioned_is_needed() -> None:
    """`required` asks the store for the tables the names touch, and for nothing else."""
    needs = facts.required(
        [
            "user.role",
            "usage.a.total",
            "usage.b.days_28d",
            "account_usage.c.total",
            "account_usage.d.share_of_seats_28d",
            "role_usage.admin.e.users_7d",
            "milestone.m.done",
            "signal.usage_decay.open",
            "nudge.n.shown",
        ]
    )
    assert needs == facts.Needs(
        usage=frozenset("a"),
        usage_windows=frozenset({("b", "days_28d")}),
        account_usage=frozenset("c"),
        account_windows=frozenset({("d", "users_28d")}),
        role_windows=frozenset({("admin", "e", "users_7d")}),
        milestones=frozenset("m"),
        signals=frozenset({"usage_decay"}),
        nudges=frozenset("n"),
        account_users=True,
    )
    assert facts.required(["role_usage.admin.e.share_of_seats_7d"]).role_users
    assert facts.required(["user.role", "page.path", "usage.a", "usage"]) == facts.Needs()


def test_needs_add_up() -> None:
    """Two needs together ask for both."""
    both = facts.required(["usage.a.total"]) | facts.required(["usage.b.total", "account.users"])
    assert both == facts.required(["usage.a.total", "usage.b.total", "account.users"])


def test_blank_facts_are_typed() -> None:
    """Somebody who has done nothing has zeroes and falses; what cannot be known stays missing."""
    paths = ["usage.report_export.total", "usage.report_export.days_since_last", "milestone.first_report.total",
             "milestone.first_report.next_step", "milestone.first_report.reached", "user.name"]  # fmt: skip
    assert facts.blank(paths, DEFINITIONS) == {
        "usage": {"report_export": {"total": 0}},
        "milestone": {"first_report": {"total": 1, "next_step": "View it", "reached": False}},
    }


def test_dotted_keys_nest() -> None:
    """The given facts of a case may be dotted, nested or both."""
    given = {"user": {"role": "admin"}, "milestone.m.progress": 0.5, "usage": {"a.total": 3}}
    nested = {"user": {"role": "admin"}, "milestone": {"m": {"progress": 0.5}}, "usage": {"a": {"total": 3}}}
    assert facts.nest(given) == nested


@pytest.mark.parametrize("fact", facts.CATALOGUE, ids=lambda fact: fact.pattern)
def test_the_catalogue_is_complete(fact: facts.Fact) -> None:
    """Every fact says what it means, shows an example and is found by its own name."""
    assert fact.meaning and fact.example
    name = fact.pattern.replace("<N>", "28").replace("<", "").replace(">", "")
    assert facts.find(name) == fact


def test_the_documentation_holds_the_catalogue() -> None:
    """The table in docs/facts.md is the one the catalogue makes."""
    assert markdown_table() in DOCS.read_text()
