"""What a browser says about the page it shows: the facts below `page.`, as far as they are known."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

Page = tuple[tuple[str, str], ...]  # (field, value) in the order of FIELDS: equal pages are equal keys

FIELDS = ("path", "title", "locale", "viewport")
VIEWPORTS = ("narrow", "medium", "wide")
NARROW, MEDIUM = 640, 1024  # pixels; more is wide
_ORIGIN = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
_LONGEST = {"path": 500, "title": 200, "locale": 35, "viewport": 6}


def read_page(context: Mapping[str, Any] | None) -> Page | None:
    """The page of a request's `context`; None where it names none, because no browser asks.

    Anything that is no text, or too long, reads as not said.
    """
    said = context or {}
    page = said.get("page")
    page = page if isinstance(page, Mapping) else {}
    path = page.get("path", said.get("path"))
    if not isinstance(path, str):
        return None
    given = {
        "path": path.partition("?")[0].partition("#")[0],
        "title": page.get("title"),
        "locale": said.get("locale"),
        "viewport": _viewport(said.get("viewport")),
    }
    return tuple(
        (field, value)
        for field in FIELDS
        if isinstance(value := given[field], str) and 0 < len(value) <= _LONGEST[field]
    )


def page_of(
    path: str | None, *, title: str | None = None, locale: str | None = None, viewport: str | None = None
) -> Page | None:
    """The page somebody names to ask about it: a path or a whole address; None without one.

    `viewport` is narrow, medium or wide, or a width in pixels. What is not named reads as missing there.
    """
    path = (path or "").strip()
    if not path:
        return None
    path = _ORIGIN.sub("", path)
    path = path if path[:1] not in ("", "?", "#") else f"/{path}"
    width = int(viewport) if viewport and viewport.isdecimal() and len(viewport) < 6 else viewport
    return read_page({"page": {"path": path, "title": title}, "locale": locale, "viewport": width})


def _viewport(said: Any) -> str | None:
    """The class of a width in pixels; or a class by name."""
    if isinstance(said, int | float) and not isinstance(said, bool):
        return VIEWPORTS[(said > NARROW) + (said > MEDIUM)]
    return said if isinstance(said, str) and said in VIEWPORTS else None


def seen(page: Page | None, fields: Collection[str]) -> Page | None:
    """As much of a page as a release reads; None when it reads nothing, so that pages share one answer."""
    if page is None or not fields:
        return None
    return tuple(each for each in page if each[0] in fields)
