"""A whole Waypost with its demo product, started once for the tests that need one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.waiting import until


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `waypost run --demo` says once it answers."""
    folder = tmp_path_factory.mktemp("e2e")
    ready_file = folder / "ready.json"
    command = [sys.executable, "-m", "waypost_server.cli", "run", "--demo", "--no-story", "--port", "0"]
    command += ["--data", str(folder / "data"), "--ready-file", str(ready_file)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYPOST_")}
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        try:
            until("waypost run", lambda: ready_file.exists() or process.poll() is not None, 60)
            assert process.poll() is None, (folder / "out").read_text()
            yield json.loads(ready_file.read_text()) | {"data": str(folder / "data")}
        finally:
            process.terminate()
            process.wait(60)
