"""What is believed of what a browser says about its page."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.page import FIELDS, read_page, seen


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
