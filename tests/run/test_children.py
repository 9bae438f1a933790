"""The processes of `waypost run`: what is told of one that ended."""

from __future__ import annotations

import sys
from pathlib import Path

from waypost_server.cli.embedded.children import Child, Program


def test_why_it_ended_is_never_told_with_an_earlier_process_s_words(tmp_path: Path) -> None:
    """The log goes on over restarts; an error of yesterday says nothing about today's."""
    log = tmp_path / "web.log"
    log.write_text("ValueError: yesterday\n")
    child = Child(Program("web", [sys.executable, "-c", "print('the port is taken')"], {}, log))
    child.start()
    assert child.process is not None
    child.process.wait(timeout=60)
    assert child.last_line() == "the port is taken"
