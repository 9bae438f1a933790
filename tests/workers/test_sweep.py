"""The sweep does what it can: one part that fails keeps no other from being done; on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.services import motion
from waypost_server.services.advance_play import advance_due
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery
from waypost_server.workers.drainer import Drainer
from waypost_server.workers.sweep import Sweep


def test_a_part_that_fails_leaves_nobodys_messages_lying(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Motions cannot be expired; what a dead worker held is taken back all the same, and sent."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16))
    evaluate_due(rig.runtime, WORKSPACE)
    advance_due(rig.runtime, WORKSPACE)
    gone = rig.clock.now - timedelta(seconds=1)
    with database.write() as session:
        for row in session.query(Delivery):
            row.state, row.phase, row.fence, row.lease_until = "sending", "pre", "gone", gone

    def fail(_runtime: Runtime) -> int:
        raise ValueError("an account as nobody foresaw it")

    monkeypatch.setattr(motion, "expire", fail)
    Sweep(rig.runtime, Drainer(rig.runtime, threading.Event()), ring=lambda: False).once()
    assert [row.state for row in rig.rows(Delivery)] == ["sent"] and len(rig.mails()) == 1
