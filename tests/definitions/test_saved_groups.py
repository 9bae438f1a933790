"""Saved groups: named once in catalog.yaml, put in wherever a condition names them."""

from __future__ import annotations

from tests.definitions.files import FILES
from waypost_server.definitions.loader import load_files
from waypost_server.domain.compiled import compile_release

GROUPS = """\
groups:
  beta: {title: Beta accounts, values: [acme, globex]}
  power_admins:
    title: Power admins
    when: {user.role: admin, usage.launch.total: {$gte: 3}}
  beta_admins:
    title: Power admins in the beta
    when: {$savedGroup: power_admins, account.id: {$inGroup: beta}}
"""
NUDGE = FILES["in-app/hint.yaml"].replace("user.role: admin}", "$savedGroup: beta_admins}", 1)


def loaded(groups: str = GROUPS, nudge: str = NUDGE.partition("cases:")[0]) -> dict[str, str]:
    """The small set of files with groups, and a nudge for one of them."""
    return {**FILES, "catalog.yaml": FILES["catalog.yaml"] + groups, "in-app/hint.yaml": nudge}


def test_a_condition_that_names_a_group_stands_on_its_own() -> None:
    """A loaded audience compiles without the catalogue, reads the group's facts, and decides by them."""
    result = load_files(loaded())
    assert result.errors == ()
    release = compile_release(result.definitions)
    audience = release.by_key["hint"].audience
    assert {"user.role", "usage.launch.total", "account.id"} == audience.paths
    facts = {"user": {"role": "admin"}, "usage": {"launch": {"total": 4}}, "account": {"id": "acme"}}
    assert audience.test(facts) and not audience.test({**facts, "account": {"id": "x"}})
    assert [leaf.path for leaf in audience.leaves()] == ["user.role", "usage.launch.total", "account.id"]


def test_segments_and_motions_may_name_groups() -> None:
    """A group of accounts can decide the motion; one that reads facts of people cannot."""
    catalog = loaded()["catalog.yaml"]
    fits = catalog.replace("{account.plan: enterprise}", "{account.id: {$inGroup: beta}}")
    assert load_files({**loaded(), "catalog.yaml": fits}).errors == ()
    misfits = catalog.replace("{account.plan: enterprise}", "{$savedGroup: power_admins}")
    codes = {each.code for each in load_files({**loaded(), "catalog.yaml": misfits}).errors}
    assert codes == {"fact_scope"}


def test_groups_that_lead_to_each_other_are_refused_once_each() -> None:
    """A circle of two is an error in both, and nothing hangs."""
    circle = (
        GROUPS
        + "  one: {title: One, when: {$savedGroup: two}}\n  two: {title: Two, when: {$savedGroup: one}}\n"
    )
    errors = load_files(loaded(circle)).errors
    assert [each.code for each in errors] == ["group_cycle", "group_cycle"]


def test_groups_that_double_each_other_stay_small() -> None:
    """Thirty groups that each name the one before twice are refused, not expanded."""
    doubled = "groups:\n  g0: {title: Zero, when: {user.role: admin}}\n" + "".join(
        f"  g{n}: {{title: More, when: {{$or: [{{$savedGroup: g{n - 1}}}, {{$savedGroup: g{n - 1}}}]}}}}\n"
        for n in range(1, 31)
    )
    codes = {each.code for each in load_files(loaded(doubled, FILES["in-app/hint.yaml"])).errors}
    assert codes and codes <= {"too_deep", "too_many_leaves"}
