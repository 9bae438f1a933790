"""`waypost motion` from a shell."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_operator import Shell, shell  # noqa: F401  # the fixture
from tests.services.play_rig import PlayRig
from waypost_server.store.database import Database


def test_a_motion_is_set_shown_and_withdrawn(shell: Shell, database: Database, tmp_path: Path) -> None:  # noqa: F811
    """By a named person, until a day; what cannot be is one plain line."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_csm()
    rig.add_account()
    by = ("--by", "csm-1@acme.example")
    given = ("motion", "set", "acme", "strategic", "--reason", "renewal", *by)
    assert "is served as strategic until" in shell.good(*given, "--until", "2027-03-01")
    assert "strategic, until 2027-03-01, by Robin: renewal" in shell.good("motion", "show", "acme")
    assert "rule again: long_tail" in shell.good("motion", "withdraw", "acme", *by)
    assert "in the future" in shell.bad(*given, "--until", "2020-01-01")
    assert "Nobody with the e-mail" in shell.bad("motion", "withdraw", "acme", "--by", "x@y.example")
