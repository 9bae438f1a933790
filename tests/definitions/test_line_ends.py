"""Line ends survive a form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.definitions.line_ends import keep_line_ends


@given(st.text(st.sampled_from("ab\r\n"), max_size=30))
def test_an_unchanged_text_stays_as_it_was(text: str) -> None:
    """Whatever a browser makes of the line ends, a text nobody changed comes back byte for byte."""
    sent = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    assert keep_line_ends(text, sent) == text


@pytest.mark.parametrize(
    ("before", "given_", "kept"),
    [
        ("a\nb\n", "a\r\nx\r\nb\r\n", "a\nx\nb\n"),
        ("a\r\nb\r\n", "a\r\nx\r\nb\r\n", "a\r\nx\r\nb\r\n"),
        ("a\nb\r\nc", "a\r\nb\r\nc\r\nd\r\n", "a\nb\r\nc\nd\n"),
        ("", "a\r\n", "a\n"),
    ],
)
def test_new_lines_end_like_their_file(before: str, given_: str, kept: str) -> None:
    """Lines that stayed keep their own ends, new ones take the file's."""
    assert keep_line_ends(before, given_) == kept
