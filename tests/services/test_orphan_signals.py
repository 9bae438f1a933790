"""Every open signal has a run, a task or a reason for none; fsck names any other."""

from __future__ import annotations

from pathlib import Path

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import Signal


def test_an_open_signal_that_nothing_answers_is_named(database: Database, tmp_path: Path) -> None:
    """With its run, or with a reason, it is in order; without either, it is not; closed, it is again."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_account()
    rig.decay()
    rig.drain()
    (signal,) = rig.rows(Signal)
    rig.sql("update signal set handling_reason = ''")
    assert fsck(rig.runtime) == []
    rig.sql("update play_run set signal_id = ''")
    said = f"{WORKSPACE}: nothing answers signal {signal.id} of account acme: no run, no task and no reason for none."
    assert fsck(rig.runtime) == [said]
    rig.sql("update signal set handling_reason = 'The account is leaving.'")
    assert fsck(rig.runtime) == []
    rig.sql("update signal set handling_reason = '', state = 'closed'")
    assert fsck(rig.runtime) == []
