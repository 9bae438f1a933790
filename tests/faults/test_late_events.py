"""B9: a browser that was offline for eight days hands its events in: they count where they belong and start nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE, make_event
from tests.services.play_rig import PlayRig
from waypost_server.domain.events import Envelope
from waypost_server.services.fsck import check as fsck
from waypost_server.services.ingest import ingest
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.database import Database
from waypost_server.store.tables import MilestoneState, PlayRun, Signal, UsageDay

LATE = timedelta(days=8)
PATIENT = """
key: usage-drop
title: Wait for it
on: {person: true}
goal: {feature: launch, weeks_active: 9, within_days: 90}
long_tail:
  - wait: {days: 3, until: {feature: export}, timeout: [{end: it never came}]}
  - email: {template: tips, to: {role: admin, limit: 1}}
"""


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """Two accounts of the same age; a play congratulates on the first launch."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish(plays__usage_drop=PATIENT)
    for account in ("acme", "beta"):
        rig.add_account(account)
    rig.drain()
    return rig


def hand_in(rig: PlayRig, account: str, name: str, *, ago: timedelta) -> None:
    """The browser of the account's admin reports what happened then."""
    at = (rig.clock() - ago).isoformat()
    who = {"userId": f"{account}-admin", "context": {"groupId": account}}
    sender = Sender(WORKSPACE, "verified", subject=f"{account}-admin")
    ingest(rig.runtime, sender, [make_event(event=name, timestamp=at, **who)], Envelope(rig.clock()))
    rig.drain()


def test_what_was_reached_a_week_ago_is_no_news(rig: PlayRig) -> None:
    """The milestone and the day of use are those of then; the one who does it today is congratulated."""
    hand_in(rig, "acme", "Automation Launched", ago=LATE)
    (reached,) = rig.rows(MilestoneState)
    assert reached.reached_at == rig.clock() - LATE
    assert [use.day for use in rig.rows(UsageDay)] == [(rig.clock() - LATE).date()]
    assert "milestone_reached" not in {signal.kind for signal in rig.rows(Signal)}
    assert not rig.rows(PlayRun) and not rig.mails()
    hand_in(rig, "beta", "Automation Launched", ago=timedelta())
    assert [run.account_id for run in rig.rows(PlayRun)] == ["beta"] and len(rig.mails()) == 1
    assert fsck(rig.runtime) == []


def test_what_happened_before_a_wait_does_not_end_it(rig: PlayRig) -> None:
    """A use of last week is not what a play that began today waits for; one of today is."""
    start_run(rig.runtime, WORKSPACE, Wish("usage-drop", "acme", actor="robin"))
    rig.drain()
    hand_in(rig, "acme", "Report Exported", ago=LATE)
    (run,) = rig.rows(PlayRun)
    assert run.state == "waiting" and not rig.mails()
    rig.clock.move(hours=1)
    hand_in(rig, "acme", "Report Exported", ago=timedelta(minutes=5))
    assert len(rig.mails()) == 1 and fsck(rig.runtime) == []
