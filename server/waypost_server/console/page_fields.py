"""The page somebody asks about: its fields on a form, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from waypost_server.domain.page import VIEWPORTS, Page, page_of

NAMES = ("page", "page_title", "locale", "viewport")  # in the address, as the fields are named


@dataclass(frozen=True, slots=True)
class PageFields:
    """What stands in the fields, and the page it means: None where no path is named."""

    given: Mapping[str, str]
    page: Page | None

    @property
    def query(self) -> dict[str, str]:
        """What is filled in, for an address that keeps it."""
        return {name: value for name, value in self.given.items() if value}

    @property
    def more(self) -> bool:
        """Whether more than the path is filled in."""
        return any(value for name, value in self.given.items() if name != "page")


def read(given: Mapping[str, str]) -> PageFields:
    """The fields of a form or an address."""
    said = {name: given.get(name, "").strip()[:500] for name in NAMES}
    if said["viewport"] not in VIEWPORTS:
        said["viewport"] = ""
    page = page_of(
        said["page"],
        title=said["page_title"] or None,
        locale=said["locale"] or None,
        viewport=said["viewport"] or None,
    )
    return PageFields(said, page)
