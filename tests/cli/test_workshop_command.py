"""`waypost workshop` from a shell."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.builders import WORKSPACE
from tests.cli.test_operator import Shell, shell  # noqa: F401  # the fixture
from tests.services.play_rig import PlayRig
from tests.services.test_workshops import TEACHING
from waypost_server.services.publish import publish
from waypost_server.store.database import Database


def test_a_slot_is_added_moved_and_called_off(shell: Shell, database: Database, tmp_path: Path) -> None:  # noqa: F811
    """By a named person, at the hour of the wall there; what cannot be is one plain line."""
    rig = PlayRig(database, tmp_path / "mailbox")
    publish(rig.runtime, WORKSPACE, TEACHING, author="tests")
    rig.add_csm()
    by = ("--by", "csm-1@acme.example")
    day = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d}"
    added = shell.good("workshop", "add", "basics", "--start", f"{day}T15:00", "--zone", "Asia/Tokyo", *by)
    found = re.match(r"(\S+): (\S+) 06:00 UTC, 2 places", added)
    assert found is not None, added
    slot = found[1]
    assert "0 of 2 places, 0 invited" in shell.good("workshop", "list")
    moved = shell.good("workshop", "move", slot, "--start", f"{day} 16:00", "--place", "Room 4", *by)
    assert "07:00 UTC, at Room 4" in moved
    assert "not begun" in shell.bad("workshop", "attendance", slot, "--came", "u1", *by)
    assert "does not take place" in shell.good("workshop", "cancel", slot, "--reason", "ill", *by)
    assert "cancelled already" in shell.bad("workshop", "cancel", slot, "--reason", "ill", *by)
    assert "no time zone" in shell.bad(
        "workshop", "add", "basics", "--start", f"{day}T15:00", "--zone", "Mars", *by
    )
