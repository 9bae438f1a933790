"""The whole mission on real components: `waypost demo --once` tells the story and checks each line."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.browser
def test_the_story_comes_true_and_every_line_holds_in_the_database() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "waypost_server.cli", "demo", "--once"],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "7 of 7 lines hold" in done.stdout
