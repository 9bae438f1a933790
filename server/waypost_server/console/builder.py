"""The condition builder: the conditions of a file, and one of them as rows, made of the text and put back into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from werkzeug.datastructures import MultiDict

from waypost_server.console import condition_rows
from waypost_server.console.condition_rows import Rows
from waypost_server.console.words import humanise, sentence
from waypost_server.definitions.condition_places import Place, places
from waypost_server.definitions.saved_groups import groups_of, put_in
from waypost_server.definitions.text_edit import put_mapping
from waypost_server.domain.definitions import Definitions

PREFIX = "b"
STAYS = "The text stays as it is until every condition is complete."
ONLY_TEXT = "This condition can only be changed in the text."


@dataclass(frozen=True, slots=True)
class Builder:
    """The conditions of a file, and the rows of the chosen one; None where rows cannot hold it."""

    places: list[Place]
    place: Place | None = None
    rows: Rows | None = None
    problem: str = ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(name, in words) of every condition."""
        return [(each.name, _words(each)) for each in self.places]

    @property
    def made(self) -> str:
        """A fingerprint of the condition the rows were made of: rows of another one are out of date."""
        return f"{self.place.name} {json.dumps(self.place.condition, sort_keys=True)}" if self.place else ""


def _words(place: Place) -> str:
    """ "Audience", "Segments, large", "Long tail, step 2, wait"."""
    steps = place.where[:-1] if place.where[-1] in ("when", "condition") else place.where
    return sentence(
        ", ".join(f"step {step + 1}" if isinstance(step, int) else humanise(step) for step in steps)
    )


def from_text(file: str, text: str, chosen: str | None) -> Builder:
    """The rows of a condition of the text: the chosen one, or the first. What starts a play has fields of its own."""
    is_play = PurePosixPath(file).parts[0] == "plays"
    found = [each for each in places(file, text) if not (is_play and each.where[0] == "on")]
    place = next((each for each in found if each.name == chosen), found[0] if found else None)
    return Builder(found, place, condition_rows.from_condition(PREFIX, place.condition) if place else None)


def from_form(file: str, text: str, given: MultiDict[str, str], definitions: Definitions) -> Builder:
    """The rows as they stand on the page.

    Where the text says something else than the rows were made of, somebody wrote there, and the text counts.
    """
    stored = from_text(file, text, given.get("b-place"))
    if stored.rows is None or given.get("b-made") != stored.made:
        return stored
    return replace(stored, rows=condition_rows.from_page(PREFIX, given, definitions))


def put(builder: Builder, text: str) -> tuple[Builder, str]:
    """The rows in the text. A row with a problem leaves the text alone."""
    if builder.rows is None or builder.place is None:
        return builder, text
    if builder.rows.has_problem:
        return replace(builder, problem=STAYS), text
    condition = builder.rows.condition()
    if not condition and not builder.place.condition:
        return builder, text
    made = put_mapping(text, builder.place.where, condition)
    if made is None:
        return replace(builder, problem=ONLY_TEXT), text
    return replace(builder, place=replace(builder.place, condition=condition)), made


def with_groups(condition: Mapping[str, Any], definitions: Definitions) -> dict[str, Any]:
    """The condition with the groups it names put in, as the loader puts them in."""
    catalog = definitions.catalog
    groups = {
        each.key: {"when": each.when} if each.values is None else {"values": list(each.values)}
        for each in catalog.groups
    }
    named = groups_of({"segments": {each.key: {} for each in catalog.segments}, "groups": groups})
    return dict(put_in(dict(condition), named.get))
