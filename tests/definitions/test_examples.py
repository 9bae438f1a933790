"""Every YAML example of the documentation can be copied: beside the shipped definitions it has no error."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from waypost_server.channels.template_check import check_template
from waypost_server.definitions.loader import load, load_files
from waypost_server.definitions.strict_yaml import read

ROOT = Path(__file__).parents[2]
SHIPPED = load(ROOT / "nudges").files
PAGES = ("adoption", "authoring", "integrations", "nudges")
GOAL = {"feature": "report_export", "within_days": 14}
# What an example leaves out because it is about something else.
NUDGE = {"key": "example", "title": "Example", "goal": GOAL, "audience": {"user.role": "admin"},
         "frequency": {"max": 1}, "content": {"en": {"title": "Example", "body": "Some words."}}}  # fmt: skip
PLAY = {"key": "example", "title": "Example", "on": {"signal": "usage_decay"}, "goal": GOAL,
        "strategic": [{"task": {"template": "usage-drop-brief"}}]}  # fmt: skip
FILE_OF = {  # by a key that only this kind of file has
    "product": "catalog.yaml",
    "phases": "journey.yaml",
    "paths": "journey.yaml",
    "segments": "adoption.yaml",
    "none": "coverage.yaml",
    "plays": "environments/staging.yaml",
    "host": "workshops/automation-basics.yaml",
    **dict.fromkeys(("caps", "channels", "webhooks", "chat", "tasks"), "policy.yaml"),
    **dict.fromkeys(("surface",), "in-app/example.yaml"),
    **dict.fromkeys(("on", "long_tail"), "plays/example.yaml"),
}
WHOLE = (
    "catalog.yaml",
    "adoption.yaml",
    "environments/staging.yaml",
)  # examples that stand for the whole file


def examples() -> Iterator[tuple[str, str]]:
    """(page and number, text) of each."""
    for page in PAGES:
        text = (ROOT / "docs" / f"{page}.md").read_text()
        for number, block in enumerate(re.findall(r"^ *```yaml\n(.*?)\n *```", text, re.S | re.M)):
            yield f"{page}-{number}", textwrap.dedent(block)


FIRST = next(text for place, text in examples() if "key: export-hint" in text)  # others build on it


def completed(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The file that an example shows a part of."""
    if name in WHOLE:
        return dict(said)
    if name.startswith("in-app/"):
        return {**NUDGE, **said}
    if name.startswith("plays/"):
        return {**PLAY, **said, "key": "example"}
    return {**yaml.safe_load(SHIPPED.get(name, "{}")), **said}


@pytest.mark.parametrize(("place", "text"), [pytest.param(*each, id=each[0]) for each in examples()])
def test_an_example_can_be_copied(place: str, text: str) -> None:
    """Its own file has no error."""
    said = read(place, text).data
    name = next(FILE_OF[key] for key in FILE_OF if key in said)
    written = yaml.safe_dump(completed(name, said), sort_keys=False, allow_unicode=True)
    loaded = load_files(
        {**SHIPPED, "in-app/export-hint.yaml": FIRST, name: written}, check_template=check_template
    )
    assert [str(each) for each in loaded.errors if each.file == name] == []
