"""The words of a task."""

from __future__ import annotations

import pytest

from waypost_server.services.put_task import split


@pytest.mark.parametrize(
    ("body", "brief", "draft"),
    [
        ("Two weeks late.\n\n---\n\nHi, shall we talk?", "Two weeks late.", "Hi, shall we talk?"),
        ("Hi, shall we talk?", "", "Hi, shall we talk?"),
        ("A -- dash --- inside\na line", "", "A -- dash --- inside\na line"),
    ],
)
def test_a_line_of_dashes_parts_the_brief_from_the_message(body: str, brief: str, draft: str) -> None:
    """What is above the line is for the CSM, what is below is to be sent; without a line all is the message."""
    assert split(body) == (brief, draft)
