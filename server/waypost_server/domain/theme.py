"""The colours nudges are painted in, and whether they can be read: WCAG 2.2 contrast, measured and mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

TEXT, SHAPE = 4.5, 3.0  # level AA: for text, and for large text and parts of controls
_DARKEST, _LIGHTEST = (0, 0, 0), (255, 255, 255)
Channels = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as #rrggbb; None is the one that comes with Waypost."""

    accent: str | None = None  # primary button, progress, focus ring
    accent_text: str | None = None  # on the accent
    background: str | None = None
    text: str | None = None
    muted: str | None = None  # lesser text

    def whole(self, stock: Palette) -> Palette:
        """With what is missing from `stock`; the text on an accent of one's own is black or white."""
        given = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}
        if self.accent is not None and self.accent_text is None:
            given["accent_text"] = max("#000000", "#ffffff", key=lambda text: ratio(text, self.accent or ""))
        return replace(stock, **given)


LIGHT = Palette("#0b6e5a", "#ffffff", "#ffffff", "#1d1e1b", "#55574f")
DARK = Palette("#4fc3a1", "#0c1f19", "#1d1f1b", "#eceae3", "#bdbbb1")
# Pairs that stand on each other: (the upper, the lower, the least contrast).
PAIRS = (
    ("text", "background", TEXT),
    ("muted", "background", TEXT),
    ("accent_text", "accent", TEXT),
    ("accent", "background", SHAPE),
)


@dataclass(frozen=True, slots=True)
class Theme:
    """The look of nudges on light and on dark pages; `radius` of corners in pixels."""

    light: Palette = Palette()
    dark: Palette = Palette()
    radius: float | None = None

    def as_json(self) -> dict[str, Any]:
        """What the browser gets: whole palettes, so that no part of it is computed twice."""
        document: dict[str, Any] = {
            name: _painted(mine.whole(stock))
            for name, mine, stock in (("light", self.light, LIGHT), ("dark", self.dark, DARK))
            if mine != Palette()
        }
        return document if self.radius is None else {**document, "radius": f"{self.radius:g}px"}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Two colours too close to each other, and the nearest upper one that is not."""

    upper: str
    lower: str
    colours: tuple[str, str]
    ratio: float
    least: float
    instead: str


def unreadable(mine: Palette, stock: Palette) -> Iterator[Unreadable]:
    """Every pair of a palette that misses level AA."""
    whole = mine.whole(stock)
    for upper, lower, least in PAIRS:
        one, other = getattr(whole, upper), getattr(whole, lower)
        measured = ratio(one, other)
        if measured < least:
            yield Unreadable(upper, lower, (one, other), measured, least, nearest(one, other, least))


def ratio(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21."""
    darker, lighter = sorted(luminance(_channels(each)) for each in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def nearest(colour: str, ground: str, least: float) -> str:
    """The colour nearest to `colour`, mixed with black or with white, that reads on `ground`.

    Black or white reads on any ground for every `least` up to 4.58.
    """
    found = []
    for end in (_DARKEST, _LIGHTEST):
        for share in range(257):
            mixed = _mixed(_channels(colour), end, share / 256)
            if ratio(mixed, ground) >= least:
                found.append((share, mixed))
                break
    return min(found)[1]


def luminance(channels: Channels) -> float:
    """Relative luminance, 0 to 1."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in channels)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _painted(whole: Palette) -> Mapping[str, str | None]:
    """With the lines and grounds that lie between text and background."""
    text, ground = _channels(whole.text or ""), _channels(whole.background or "")
    between = {"line": 0.88, "edge": 0.8, "sunk": 0.95}
    return {
        "accent": whole.accent,
        "accentText": whole.accent_text,
        "background": whole.background,
        "text": whole.text,
        "muted": whole.muted,
        **{name: _mixed(text, ground, share) for name, share in between.items()},
    }


def _channels(colour: str) -> Channels:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _mixed(one: Channels, other: Channels, share: float) -> str:
    """`share` of the other colour in the first."""
    mixed = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)
