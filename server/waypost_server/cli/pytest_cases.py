"""The cases beside nudges as pytest items: `pytest nudges/` runs them, without a server and without any code.

A file is collected when it lies in `in-app/` beside a catalog.yaml. An entry point makes pytest find this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from waypost_server.definitions.cases import Result
    from waypost_server.definitions.loader import Loaded


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Nudges of a folder of definitions."""
    folder = file_path.parent.parent
    if (
        file_path.suffix == ".yaml"
        and file_path.parent.name == "in-app"
        and (folder / "catalog.yaml").exists()
    ):
        return NudgeFile.from_parent(parent, path=file_path)
    return None


@lru_cache(maxsize=8)
def _read(folder: Path) -> tuple[Loaded, tuple[Result, ...]]:
    """The folder and every case of it, once a run."""
    from waypost_server.definitions.cases import run_all
    from waypost_server.definitions.loader import load

    loaded = load(folder)
    return loaded, tuple(run_all(loaded.definitions))


class NudgeFile(pytest.File):
    """One nudge. What is wrong with the file itself is a failure too."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for the file and one for each case."""
        loaded, results = _read(self.path.parent.parent)
        name = f"in-app/{self.path.name}"
        errors = [each for each in loaded.errors if each.file == name and each.code != "case_failed"]
        yield NudgeItem.from_parent(self, name="file", said="\n".join(map(str, errors)))
        for result in results:
            if result.case.source.rpartition(":")[0] == name:
                yield NudgeItem.from_parent(self, name=result.case.name, said=_said(result))


class NudgeItem(pytest.Item):
    """Fails with `said`, when there is something to say."""

    def __init__(self, *, said: str, **given: Any) -> None:
        super().__init__(**given)
        self.said = said

    def runtest(self) -> None:
        """Fail with the words of `waypost nudges test`."""
        if self.said:
            pytest.fail(self.said, pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        """The nudge and the case."""
        return self.path, None, f"{self.path.stem}: {self.name}"


def _said(result: Result) -> str:
    if result.passed:
        return ""
    expected, got = (
        each if each == "shown" else f"held: {each}" for each in (result.case.expect, result.got)
    )
    return f"{result.case.source}: expected {expected}, got {got}: {result.why()}"
