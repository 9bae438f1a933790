"""One folder, several environments: what an override may set, and where its mistakes are named."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.definitions.files import FILES, found
from waypost_server.channels.template_check import check_template
from waypost_server.definitions.changes import compare
from waypost_server.definitions.editor_schema import editor_schema
from waypost_server.definitions.environments import merged
from waypost_server.definitions.loader import Loaded, in_every_environment, load_files
from waypost_server.definitions.strict_yaml import read
from waypost_server.domain.policy import Policy

STAGING = "environments/staging.yaml"
OVERRIDES = """\
nudges:
  hint:
    status: paused
    audience: {account.plan: beta}
    frequency: {max: 9}
    content: {en: {title: Hi there}}
plays: {drop: {every_days: 1, status: paused}}
templates: {tips: {subject: "[staging] Hello", body: 'Hi {{ account.name | default("you") }}.'}}
catalog: {motions: {strategic: {when: {account.plan: gold}}}}
journey: {milestones: {first: {due_days: 1}}}
policy: {min_gap: null, webhooks: {crm: https://staging.example.com/x}}
"""


def read_for(environment: str, text: str = OVERRIDES, **changes: str) -> Loaded:
    """The small set with one environment, read for an environment."""
    files = {**FILES, STAGING: text, **changes}
    return load_files(files, check_template=check_template, environment=environment)


def test_an_override_changes_what_it_names_and_nothing_else() -> None:
    """Mappings are merged, values and conditions replaced, null means what it means in the file."""
    plain, there = read_for(""), read_for("staging")
    assert plain.findings == there.findings == ()
    assert plain.definitions == load_files(FILES).definitions
    (hint,), was = there.definitions.nudges, plain.definitions.nudges[0]
    assert (hint.is_paused, hint.audience) == (True, {"account.plan": "beta"})
    assert (hint.frequency.limits[0].max, hint.frequency.cooldown_days) == (9, was.frequency.cooldown_days)
    assert (hint.content["en"].title, hint.content["en"].body) == ("Hi there", was.content["en"].body)
    assert hint.cases == ()  # they are examples of the audience that it does not have here
    definitions = there.definitions
    assert definitions.plays[0].enrol.per_days == 1
    assert (definitions.plays[0].is_paused, plain.definitions.plays[0].is_paused) == (True, False)
    tips = definitions.templates["tips"]
    assert (tips.subject, tips.body) == ("[staging] Hello", 'Hi {{ account.name | default("you") }}.\n')
    assert plain.definitions.templates["tips"].body != tips.body
    assert definitions.catalog.motions[0].when == {"account.plan": "gold"}
    assert definitions.journey.milestones[0].due_days == 1
    assert (definitions.policy.min_gap_seconds, plain.definitions.policy.min_gap_seconds) == (0, 86_400)
    assert definitions.policy.webhooks == {"crm": "https://staging.example.com/x"}
    assert definitions.policy.caps == plain.definitions.policy.caps


@pytest.mark.parametrize(
    ("line", "code", "remedy"),
    [
        ("nudges: {hnt: {status: paused}}", "nothing_to_override", "did you mean hint"),
        ("plays: {drp: {every_days: 1}}", "nothing_to_override", "did you mean drop"),
        ("templates: {tip: {subject: Hi}}", "nothing_to_override", "did you mean tips"),
        ("catalog: {features: {lunch: {title: Lunch}}}", "nothing_to_override", "did you mean launch"),
        ("policy: {webhooks: {crn: https://x.example}}", "nothing_to_override", "did you mean crm"),
        ("nudges: {hint: {key: other}}", "fixed_key", "change it in in-app/hint.yaml"),
        ("nudges: {hint: {cases: []}}", "fixed_key", "change it in in-app/hint.yaml"),
        ("nudges: {hint: {frequency: {mx: 1}}}", "unknown_key", "did you mean max"),
        ("nudges: {hint: {status: off}}", "unknown_word", "paused"),
        ("plays: {drop: {status: off}}", "unknown_word", "paused"),
        ("templates: {tips: {bdy: Hi}}", "unknown_key", "did you mean body"),
        ("templates: {tips: {body: ''}}", "empty_text", "write it"),
        ("templates: {tips: {body: 'Hi {{ acount.name }}'}}", "unknown_fact", "did you mean account"),
        ("templates: {tips: {body: 'Hi {{ account.name }}'}}", "template", "give it a default"),
        ("nudges: {hint: {audience: {usr.role: admin}}}", "unknown_fact", "did you mean user.role"),
        ("polcy: {min_gap: null}", "unknown_key", "did you mean policy"),
        ("nudges: [hint]", "not_mapping", "key: value"),
    ],
)
def test_a_slip_is_named_where_it_stands(line: str, code: str, remedy: str) -> None:
    """File and line are those of the override, not of the file below it."""
    finding = found(read_for("staging", f"coverage: {{}}\n{line}\n"), code, STAGING)
    assert (finding.severity, finding.line) == ("error", 2) and remedy in finding.remedy


def test_an_environment_that_is_not_there() -> None:
    """A typo in its name publishes nothing."""
    finding = found(read_for("stagin"), "unknown_environment", "environments/stagin.yaml")
    assert finding.remedy == "did you mean staging"
    alone = load_files(FILES, environment="x").errors[0]
    assert alone.code == "unknown_environment" and alone.remedy == "add environments/x.yaml"


def test_every_environment_is_checked() -> None:
    """Without a name the files are read as written and for each environment; a finding says for which."""
    files = {**FILES, STAGING: "nudges: {hint: {title: ''}}\n", "environments/live.yaml": "policy: {}\n"}
    loaded = in_every_environment(load_files(files))
    (error,) = loaded.errors
    assert (error.file, error.line) == (STAGING, 1) and "(in the environment staging)" in error.message
    assert load_files(files, environment="live").errors == load_files(files).errors == ()
    assert loaded.definitions == load_files(FILES).definitions


def test_a_policy_only_in_one_environment() -> None:
    """A file that may be missing may be written in the environment alone."""
    files = {name: text for name, text in FILES.items() if name not in ("policy.yaml", "plays/drop.yaml")}
    there = load_files({**files, STAGING: "policy: {min_gap: null}\n"}, environment="staging")
    assert there.definitions.policy == Policy(min_gap_seconds=0)


def test_what_an_environment_changes_is_seen_by_compare() -> None:
    """Two environments of the same files differ in the definitions that one of them overrides."""
    files = {**FILES, STAGING: OVERRIDES}
    assert compare(files, files) == compare(files, files, ("staging", "staging")) == ()
    found = {(change.kind, change.key) for change in compare(files, files, ("", "staging"))}
    assert found == {
        ("nudge", "hint"), ("play", "drop"), ("template", "tips"), ("motion", "strategic"), ("milestone", "first"),
        ("policy", "policy.yaml"),
    }  # fmt: skip


def test_an_editor_accepts_it() -> None:
    """The schema for editors knows the file, with the keys of every kind."""
    schema = editor_schema(read_for("").definitions)
    kind = {"$ref": "#/$defs/environment", "$defs": schema["$defs"]}
    assert jsonschema_rs.is_valid(kind, read("x", OVERRIDES).data)
    assert not jsonschema_rs.is_valid(kind, {"nudges": {"hint": {"titel": "x"}}})


_DATA = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(_DATA, _DATA)
def test_laying_over_twice_is_laying_over_once(base: Any, over: Any) -> None:
    """Overrides are final values: the order of nothing matters, and nothing accumulates."""
    once = merged(base, over)
    assert merged(once, over) == once
    assert merged(base, {}) == (base if isinstance(base, dict) else {})
