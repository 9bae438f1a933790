"""Colours that can be read: contrast as WCAG measures it, and the nearest colour that reaches it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waypost_server.domain.theme import DARK, LIGHT, TEXT, Palette, Theme, nearest, ratio, unreadable

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#123456", "#123456", 1),
    ],
)
def test_contrast_is_what_wcag_says(one: str, other: str, expected: float) -> None:
    """Known pairs, whichever lies on top."""
    assert ratio(one, other) == pytest.approx(expected, abs=0.01)
    assert ratio(other, one) == ratio(one, other)


@given(COLOURS, COLOURS)
def test_the_nearest_colour_reads(colour: str, ground: str) -> None:
    """What is proposed reaches the contrast, and is the colour itself if that does."""
    found = nearest(colour, ground, TEXT)
    assert ratio(found, ground) >= TEXT
    assert (found == colour) == (ratio(colour, ground) >= TEXT)


@given(COLOURS)
def test_any_accent_gets_text_that_reads(accent: str) -> None:
    """An accent alone is enough: black or white stands on it."""
    assert all(each.lower != "accent" for each in unreadable(Palette(accent=accent), LIGHT))


def test_what_comes_with_waypost_can_be_read() -> None:
    """The stock palettes, light and dark."""
    assert list(unreadable(Palette(), LIGHT)) == list(unreadable(Palette(), DARK)) == []


def test_the_browser_gets_whole_palettes() -> None:
    """Only those that are set, with the colours between text and background."""
    assert Theme().as_json() == {}
    document = Theme(light=Palette(accent="#ffcc00"), radius=4).as_json()
    assert set(document) == {"light", "radius"} and document["radius"] == "4px"
    assert (document["light"]["accentText"], document["light"]["background"]) == ("#000000", "#ffffff")
    assert document["light"]["sunk"] == "#f4f4f4"
