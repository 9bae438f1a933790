"""The page that a question is asked about, for conditions that read it; the same names in a query and in a body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from waypost_server.api.rest import Camel, Words
from waypost_server.domain.page import VIEWPORTS, Page, page_of

_SAID: dict[str, Any] = {"load_default": None, "allow_none": True}


class OnPage(Camel):
    """As on this page; without one, facts of the page are unknown."""

    page = Words(500, **_SAID, metadata={"description": "Its path, such as /reports/7."})
    page_title = Words(200, **_SAID, metadata={"description": "Read as page.title."})
    locale = Words(35, **_SAID, metadata={"description": "Read as page.locale."})
    viewport = fields.String(
        validate=validate.Regexp(f"^({'|'.join(VIEWPORTS)}|[0-9]{{1,5}})$"),
        **_SAID,
        metadata={"description": "narrow, medium, wide, or a width in pixels."},
    )


def unknown_facts(assumed: str) -> fields.List[Any]:
    """The field `unknown` of an answer; `assumed` says what holds then."""
    return fields.List(
        fields.String(),
        required=True,
        data_key="unknown",
        attribute="unknown",
        metadata={"description": f"Facts of the page it asks for, when none was named: {assumed}"},
    )


def page_asked(given: Mapping[str, Any]) -> Page | None:
    """The page of a question that `OnPage` has read."""
    return page_of(
        given["page"], title=given["page_title"], locale=given["locale"], viewport=given["viewport"]
    )
