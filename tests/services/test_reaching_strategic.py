"""No way of publishing lets software newly reach strategic accounts, unless a person says so, on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import STRATEGIC, USAGE_DROP, PlayRig
from waypost_server.services.apply import StrategicError, apply
from waypost_server.services.rollback import rollback
from waypost_server.store import releases
from waypost_server.store.database import Database
from waypost_server.store.tables import Audit

LOUD = USAGE_DROP.replace(
    "strategic:\n  - task: {template: brief, due: {business_days: 2}, mute_digital: true}",
    "strategic:\n  - email: {template: tips, to: {role: admin, limit: 2}}",
)


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """Release 1 writes to strategic accounts, when there was none yet; release 2 gives their owner a task."""
    rig = PlayRig(database, tmp_path / "mailbox")
    assert rig.publish(plays__usage_drop=LOUD) == 1
    assert rig.publish() == 2
    rig.add_account("big", mrr=STRATEGIC, motion="strategic")
    return rig


def _live(rig: PlayRig) -> int | None:
    with rig.database.read() as session:
        return releases.live_number(session, WORKSPACE)


def test_a_rollback_is_checked_as_any_release(rig: PlayRig) -> None:
    """What was harmless then may reach somebody now; nothing is published, and the words say whom and how."""
    with pytest.raises(StrategicError, match=r"usage-drop: email tips .* 1 strategic account: Big"):
        rollback(rig.runtime, WORKSPACE, 1, author="jo")
    assert _live(rig) == 2


def test_what_was_accepted_is_on_record(rig: PlayRig) -> None:
    """Who, when, and which accounts by which steps."""
    number, _ = rollback(rig.runtime, WORKSPACE, 1, author="jo", accept_strategic=True)
    assert _live(rig) == number == 3
    entry = max((row for row in rig.rows(Audit) if row.action == "release.publish"), key=lambda row: row.id)
    assert (entry.actor, entry.object) == ("jo", "3")
    assert "usage-drop" in entry.after["accepted"][0] and "Big" in entry.after["accepted"][0]


def test_a_release_that_reaches_nobody_new_accepts_nothing(rig: PlayRig) -> None:
    """Agreeing in advance leaves no trace where there was nothing to agree to."""
    with rig.database.read() as session:
        files = dict(releases.files(session, WORKSPACE, 2) or {})
    files["templates/tips.md"] += "\nOne more line.\n"
    assert apply(rig.runtime, WORKSPACE, files, author="jo", accept_strategic=True).number == 3
    assert not [row for row in rig.rows(Audit) if row.after and "accepted" in row.after]
