"""What is believed of what a browser says about its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.page import FIELDS, page_of, read_page, seen
from waypost_server.domain.where import path_matches

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "where.json").read_text(encoding="utf-8"))[
    "cases"
]


@pytest.mark.parametrize(
    ("context", "page"),
    [
        (None, None),
        ({"locale": "de"}, None),
        ({"path": "/a?x=1#y"}, (("path", "/a"),)),
        (
            {"page": {"path": "/a", "title": "A"}, "locale": "de", "viewport": 640},
            (("path", "/a"), ("title", "A"), ("locale", "de"), ("viewport", "narrow")),
        ),
        ({"page": {"path": "/a"}, "viewport": 641}, (("path", "/a"), ("viewport", "medium"))),
        ({"page": {"path": "/a"}, "viewport": 1025.5}, (("path", "/a"), ("viewport", "wide"))),
        ({"page": {"path": "/a"}, "viewport": "wide"}, (("path", "/a"), ("viewport", "wide"))),
        ({"page": {"path": "/a", "title": "x" * 201}, "viewport": True}, (("path", "/a"),)),
        ({"page": {"path": "/" + "x" * 500}}, ()),
        ({"page": {"path": 3}}, None),
    ],
)
def test_a_page_is_read(context: dict[str, Any] | None, page: Any) -> None:
    """No query, no fragment, nothing long, nothing of another kind; a width becomes a class."""
    assert read_page(context) == page


@given(
    st.dictionaries(st.text(max_size=8), st.none() | st.text() | st.dictionaries(st.text(), st.integers()))
)
def test_any_context_is_read(context: dict[str, Any]) -> None:
    """Whatever comes, nothing is raised and only known fields come out, each once."""
    fields = [field for field, _ in read_page(context) or ()]
    assert fields == [field for field in FIELDS if field in fields]


def test_only_what_is_read_counts() -> None:
    """Pages that differ in nothing that a release reads are the same question."""
    page = read_page({"page": {"path": "/a", "title": "A"}})
    assert seen(page, {"title"}) == (("title", "A"),)
    assert seen(page, set()) is None and seen(None, {"path"}) is None


@pytest.mark.parametrize(
    ("said", "page"),
    [
        ({"path": None}, None),
        ({"path": "  ", "viewport": "wide"}, None),
        ({"path": "https://app.example.com/reports/7?x=1#y"}, (("path", "/reports/7"),)),
        ({"path": "https://app.example.com"}, (("path", "/"),)),
        ({"path": "https://app.example.com?next=/b"}, (("path", "/"),)),
        (
            {"path": "/a", "title": "A", "viewport": "390"},
            (("path", "/a"), ("title", "A"), ("viewport", "narrow")),
        ),
        ({"path": "/a", "viewport": "huge", "locale": ""}, (("path", "/a"),)),
    ],
)
def test_a_page_is_named(said: dict[str, Any], page: Any) -> None:
    """A path or a whole address, and what else a browser would say; nothing without a path."""
    assert page_of(**said) == page


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: f"{case['pattern']} {case['path'][:20]}")
def test_a_pattern_means_the_pages_it_means_in_the_browser(case: dict[str, Any]) -> None:
    """The vectors of the browser SDK."""
    assert path_matches(case["pattern"], case["path"]) is case["matches"]


@given(st.text(), st.text())
def test_any_pattern_answers_for_any_path(pattern: str, path: str) -> None:
    """Nothing is raised, and a pattern of stars alone means every page below the root."""
    assert path_matches(pattern, path) in (True, False)
    assert path_matches("/*", f"/x/{path}")
