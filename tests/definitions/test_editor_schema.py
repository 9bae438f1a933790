"""The JSON Schema for editors: it accepts whatever the loader accepts, and sees typos in keys and facts."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner

from waypost_server.cli import main
from waypost_server.definitions.editor_schema import editor_schema, names
from waypost_server.definitions.loader import load
from waypost_server.definitions.strict_yaml import read
from waypost_server.domain import facts

FOLDER = Path(__file__).parents[2] / "nudges"
LOADED = load(FOLDER)
SCHEMA = editor_schema(LOADED.definitions)
KINDS = {"in-app": "nudge", "plays": "play", "workshops": "workshop"}


def accepts(kind: str, data: Any) -> bool:
    """Whether the schema takes a file of this kind (of any kind: "")."""
    return bool(_validator(kind).is_valid(data))


@cache
def _validator(kind: str) -> jsonschema_rs.Validator:
    """Of one kind, or of any ("")."""
    whole = {"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]} if kind else SCHEMA
    return jsonschema_rs.validator_for(whole)


@pytest.mark.parametrize("name", [name for name in LOADED.files if name.endswith(".yaml")])
def test_every_shipped_file_is_accepted(name: str) -> None:
    """What validate accepts, an editor accepts, under its kind and as a whole."""
    data = read(name, LOADED.files[name]).data
    folder = name.partition("/")[0]
    assert accepts(KINDS.get(folder, folder.removesuffix(".yaml")), data)
    assert accepts("", data)


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"user.role": "admin", "user.department": {"$ne": "x"}, "account.traits.size": 5}, True),
        ({"usage.report_export.count_14d": {"$gte": 2}}, True),
        ({"usage.report_export.weeks_active_52w": 2}, True),
        ({"role_usage.admin.report_view.users_90d": {"$gte": 1}}, True),
        ({"$or": [{"user.role": "admin"}, {"$not": {"milestone.first_report.reached": True}}]}, True),
        ({"usage.report_exprt.count_14d": 2}, False),
        ({"usage.report_export.counts_14d": 2}, False),
        ({"usage.report_export.count_366d": 2}, False),
        ({"usage.report_export.total": "many"}, False),
        ({"user.role": {"$inn": ["admin"]}}, False),
        ({"usr.role": "admin"}, False),
        ({"$or": []}, False),
        ({"$savedGroup": "nobody"}, False),
    ],
)
def test_conditions_are_seen_through(condition: dict[str, Any], fits: bool) -> None:
    """Facts of this folder are known by name, with any length of time; typos stand out."""
    nudge = {"key": "a", "title": "A", "surface": "banner", "audience": condition,
             "content": {"en": {"title": "T", "body": "B"}}}  # fmt: skip
    assert accepts("nudge", nudge) is fits


ANY = editor_schema(None)


@pytest.mark.parametrize("name", [name for name in LOADED.files if name.endswith(".yaml")])
def test_the_schema_of_nobody_accepts_every_folder(name: str) -> None:
    """Keys of any folder are fine; kinds of facts, fields and operators are still seen through."""
    assert jsonschema_rs.is_valid(ANY, read(name, LOADED.files[name]).data)


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        (
            {"usage.anything.count_14d": {"$gte": 2}, "survey.any.thing.score": 9, "nudge.some-key.shown": 0},
            True,
        ),
        ({"role_usage.admin.thing.users_90d": 1, "$savedGroup": "mine", "page.viewport": "narrow"}, True),
        ({"usage.anything.counts_14d": 2}, False),
        ({"usage.count_14d": 2}, False),
        ({"survey.any.thing.scor": 9}, False),
        ({"usr.role": "admin"}, False),
    ],
)
def test_the_schema_of_nobody_knows_the_facts(condition: dict[str, Any], fits: bool) -> None:
    """A typo in anything but a key stands out without a folder too."""
    kind = {"$ref": "#/$defs/condition", "$defs": ANY["$defs"]}
    assert jsonschema_rs.is_valid(kind, condition) is fits


def test_every_name_is_a_fact() -> None:
    """The names offered are facts, and every kind of fact is offered."""
    offered = dict(names(LOADED.definitions))
    assert [name for name in offered if facts.check(name, LOADED.definitions)] == []
    listed = {fact.pattern for fact in facts.CATALOGUE if not fact.pattern.endswith("<trait>")}
    assert {fact.pattern for fact in offered.values()} == listed


def test_patterns_are_ones_an_editor_can_read() -> None:
    """Every pattern compiles."""
    assert all(re.compile(pattern) for pattern in SCHEMA["$defs"]["condition"]["patternProperties"])


def test_the_command_prints_it() -> None:
    """`waypost nudges schema FOLDER` prints the document."""
    result = CliRunner().invoke(main, ["nudges", "schema", str(FOLDER)])
    assert result.exit_code == 0 and json.loads(result.output) == json.loads(json.dumps(SCHEMA))
    result = CliRunner().invoke(main, ["nudges", "schema", "--any"])
    assert json.loads(result.output) == json.loads(json.dumps(ANY))
