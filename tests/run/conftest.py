"""Every run that a test starts ends with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.run.processes import Run, start


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Starts `waypost run` in this test's folder; stops whatever still runs at the end."""
    started: list[Run] = []

    def begin(*options: str, name: str = "run") -> Run:
        started.append(start(tmp_path, *options, name=name))
        return started[-1]

    yield begin
    for each in started:
        if each.process.poll() is None:
            each.stop()
