"""Whatever an author saves, the answer is findings, never an exception."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.definitions.files import FILES
from waypost_server.channels.template_check import check_template
from waypost_server.definitions.loader import load_files

pytestmark = pytest.mark.slow

NAMES = st.sampled_from([*FILES, "in-app/other.yaml", "plays/other.yaml", "templates/other.md"])
VOCABULARY = """
key title on goal audience where content en cases given expect frequency max features milestones steps feature caps
webhooks quiet_hours long_tail email wait task nudge template user.role $in $or $not held limits actions when
segments motions roles phases severity signal milestone surface tooltip shown first hint launch
"""
WORDS = st.sampled_from(VOCABULARY.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(NAMES, st.text(max_size=80))
def test_any_text(name: str, text: str) -> None:
    """Any text in any file is read or reported."""
    loaded = load_files({**FILES, name: text}, check_template=check_template)
    assert all(finding.message and finding.line >= 1 for finding in loaded.findings)


@settings(max_examples=300, deadline=None)
@given(NAMES, st.data())
def test_any_value_anywhere(name: str, data: Any) -> None:
    """Any value in the place of any other is read or reported, with a line of the file."""
    if name.endswith(".md"):
        text = f"---\nsubject: {data.draw(st.text(max_size=20))!r}\n---\n{data.draw(st.text(max_size=60))}"
    else:
        document = yaml.safe_load(FILES.get(name, FILES["in-app/hint.yaml"]))
        document = {("on" if key is True else key): value for key, value in document.items()}
        for key in data.draw(st.lists(st.sampled_from(sorted(document)), min_size=1, max_size=2)):
            document[key] = data.draw(st.just(document[key]).flatmap(_changed))
        text = yaml.safe_dump(document, allow_unicode=True)
    loaded = load_files({**FILES, name: text}, check_template=check_template)
    assert all(
        1 <= finding.line <= text.count("\n") + 2 for finding in loaded.findings if finding.file == name
    )


def _changed(value: Any) -> st.SearchStrategy[Any]:
    """Another value, or the same one with a part changed."""
    if isinstance(value, dict) and value:
        parts = st.tuples(st.sampled_from(sorted(value, key=str)), VALUES).map(
            lambda pair: {**value, pair[0]: pair[1]}
        )
        deeper = st.sampled_from(sorted(value, key=str)).flatmap(
            lambda key: _changed(value[key]).map(lambda changed: {**value, key: changed})
        )
        return VALUES | parts | deeper
    if isinstance(value, list) and value:
        return VALUES | _changed(value[0]).map(lambda changed: [changed, *value[1:]])
    return VALUES
