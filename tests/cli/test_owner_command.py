"""`waypost owner` from a shell."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_operator import Shell, shell  # noqa: F401  # the fixture
from tests.services.play_rig import PlayRig
from waypost_server.store.database import Database


def test_an_owner_is_named_shown_and_withdrawn(shell: Shell, database: Database, tmp_path: Path) -> None:  # noqa: F811
    """By a named person; what cannot be is one plain line."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.add_csm()
    rig.add_account()
    by = ("--by", "csm-1@acme.example")
    given = ("owner", "set", "acme", "csm-1@acme.example", "--reason", "knows them", *by)
    assert "csm-1@acme.example looks after acme." in shell.good(*given)
    shown = shell.good("owner", "show", "acme")
    assert "acme: Robin, by hand" in shown and "Robin, by Robin: knows them" in shown
    assert "again: nobody" in shell.good("owner", "withdraw", "acme", *by)
    assert "decides already" in shell.bad("owner", "withdraw", "acme", *by)
    assert "has no login here" in shell.bad("owner", "set", "acme", "x@y.example", *by)
