"""docs/nudges.md says what is true: its examples load, and it names every operator, filter and key."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from waypost_server.channels.template_check import check_template
from waypost_server.channels.template_filters import FILTERS
from waypost_server.definitions import nudge_schemas, schemas, surface_schemas
from waypost_server.definitions.loader import load, load_files
from waypost_server.domain.operators import ALL_OPERATORS, LOGIC

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "nudges.md").read_text()
CONDITIONS = (ROOT / "docs" / "conditions.md").read_text()
BLOCKS = [textwrap.dedent(block) for block in re.findall(r"```yaml\n(.*?)\n *```", TEXT + CONDITIONS, re.S)]


@pytest.mark.parametrize("key", ["export-hint", "usage-drop"])
def test_whole_examples_load(key: str) -> None:
    """The nudge and the play shown in the page are correct, beside the shipped definitions."""
    block = next(block for block in BLOCKS if f"key: {key}" in block)
    name = f"in-app/{key}.yaml" if key == "export-hint" else f"plays/{key}.yaml"
    loaded = load_files({**load(ROOT / "nudges").files, name: block}, check_template=check_template)
    assert [str(finding) for finding in loaded.findings if finding.file == name] == []


def test_every_example_is_yaml() -> None:
    """Each example can be copied."""
    assert len(BLOCKS) >= 6 and all(yaml.safe_load(block) for block in BLOCKS)


@pytest.mark.parametrize("name", FILTERS)
def test_filters_are_described(name: str) -> None:
    """Every filter of templates stands in the page."""
    assert name in TEXT


@pytest.mark.parametrize("name", [*ALL_OPERATORS, *LOGIC])
def test_operators_are_described(name: str) -> None:
    """Every operator of conditions stands in the page about them."""
    assert name in CONDITIONS


def test_the_examples_of_conditions_are_true() -> None:
    """The groups and the condition shown load together, beside the shipped definitions."""
    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)\n```", CONDITIONS, re.S)]
    groups = {key: group for each in examples for key, group in each.get("groups", {}).items()}
    files = load(ROOT / "nudges").files
    catalog = {**yaml.safe_load(files["catalog.yaml"]), "groups": groups}
    nudge = {**yaml.safe_load(files["in-app/report-export.yaml"]), **examples[0], "cases": []}
    written = {"catalog.yaml": yaml.safe_dump(catalog), "in-app/report-export.yaml": yaml.safe_dump(nudge)}
    assert [str(each) for each in load_files({**files, **written}).errors] == []


@pytest.mark.parametrize(
    "schema",
    [nudge_schemas.NudgeSchema, schemas.PlaySchema, nudge_schemas.ContentSchema, nudge_schemas.FrequencySchema,
     nudge_schemas.GoalSchema, nudge_schemas.ScheduleSchema, nudge_schemas.PrerequisiteSchema,
     nudge_schemas.VariantSchema, surface_schemas.WhereSchema, surface_schemas.TourStepSchema,
     surface_schemas.ItemSchema, surface_schemas.QuestionSchema, surface_schemas.AnnouncementSchema,
     surface_schemas.QuestionWordsSchema, schemas.PolicySchema, schemas.MilestoneSchema, schemas.CatalogSchema,
     schemas.PathSchema, schemas.CapSchema],
    ids=lambda schema: schema.__name__,
)  # fmt: skip
def test_every_key_is_described(schema: type[schemas.Schema]) -> None:
    """Every key an author may write stands in the page."""
    assert [name for name in schema().fields if not re.search(rf"\b{name}\b", TEXT)] == []
