"""What is kept of files read before: an edit to one of many reads one, and finds what a first reading finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.definitions.files import FILES
from waypost_server.channels.template_check import check_template
from waypost_server.definitions import loader
from waypost_server.definitions.loader import Loaded, load_files

HINT = "in-app/hint.yaml"
ENVIRONMENT = "nudges: {hint: {title: Otherwise}}\n"
EDITS = {
    "another title": {HINT: FILES[HINT].replace("title:", "title: More on", 1)},
    "a key that is none": {HINT: FILES[HINT] + "colour: red\n"},
    "text that is no YAML": {HINT: FILES[HINT] + "\t- ["},
    "the same key in two files": {"in-app/second.yaml": FILES[HINT]},
    "a group put into its condition": {
        "catalog.yaml": FILES["catalog.yaml"] + "groups: {admins: {title: A, when: {user.role: admin}}}\n",
        HINT: FILES[HINT].replace("user.role: admin", "$savedGroup: admins", 1),
    },
    "a feature that is gone": {"catalog.yaml": FILES["catalog.yaml"].replace("launch", "start")},
    "an environment that sets it otherwise": {"environments/test.yaml": ENVIRONMENT},
}


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    """Keep nothing."""
    for kept in (loader._remembered, loader._parsed, loader._nudge):
        kept.cache_clear()


def read(files: dict[str, str]) -> Loaded:
    """The files, in the environment they describe."""
    environment = "test" if "environments/test.yaml" in files else ""
    return load_files(files, check_template=check_template, environment=environment)


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_reads_as_it_does_for_the_first_time(name: str) -> None:
    """Definitions and findings are the same with the other files kept, and again when the edit is taken back."""
    before, files = read(FILES), {**FILES, **EDITS[name]}
    kept = read(files)
    loader._remembered.cache_clear()
    back = read(FILES)
    forget()
    first = read(files)
    assert (kept.definitions, kept.findings) == (first.definitions, first.findings)
    assert (back.definitions, back.findings) == (before.definitions, before.findings)


def test_an_edit_to_one_file_parses_one() -> None:
    """The others are as they were."""
    read(FILES)
    misses = loader._parsed.cache_info().misses
    read({**FILES, **EDITS["another title"]})
    assert loader._parsed.cache_info().misses == misses + 1
