"""The weekly comparison on both databases, and the facts that come from it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.services.compare_peers import compare_peers
from waypost_server.services.facts import account_facts
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, AccountPeers, PeerWeek

PATHS = frozenset({"peers.launch.active_share", "peers.export.active_share", "account.adoption"})


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """22 accounts of one segment and size; the first twelve launched yesterday, one opted out."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    for number in range(22):
        changes: dict[str, Any] = {"segment": "all"}
        if number == 21:
            changes["traits"] = {"peers_opt_out": True}
        rig.add_account(f"a{number:02}", **changes)
        if number < 12:
            rig.use(f"a{number:02}", [rig.clock.now.date() - timedelta(days=1)])
    return rig


def facts(rig: PlayRig, account_id: str) -> dict[str, Any]:
    with rig.database.read() as session:
        release = rig.runtime.releases.live(session, WORKSPACE)
        assert release is not None
        return account_facts(session, rig.runtime, WORKSPACE, account_id, release, paths=PATHS)


def test_every_account_is_told_what_the_others_do(rig: PlayRig) -> None:
    """11 or 12 of the 20 others launched; nobody exports, so nothing is said of it; who opted out is told nothing."""
    assert compare_peers(rig.runtime, WORKSPACE)
    assert facts(rig, "a00")["peers"] == {"launch": {"active_share": 55, "new_share": 55}}
    assert facts(rig, "a15")["peers"]["launch"]["active_share"] == 60
    assert "peers" not in facts(rig, "a21")
    assert "adoption" not in facts(rig, "a00")["account"]
    assert len(rig.rows(AccountPeers)) == 21


def test_it_is_done_once_a_week_and_replaces_what_was_said(rig: PlayRig) -> None:
    """Again in the same week: nothing. A week later: afresh, and those that fell silent are no peers any more."""
    assert compare_peers(rig.runtime, WORKSPACE)
    assert not compare_peers(rig.runtime, WORKSPACE)
    rig.clock.move(weeks=1)
    with rig.database.write() as session:
        session.execute(
            update(Account)
            .where(Account.id == "a20")
            .values(last_day=rig.clock.now.date() - timedelta(days=57))
        )
    assert compare_peers(rig.runtime, WORKSPACE)
    assert rig.rows(AccountPeers) == []
    assert len(rig.rows(PeerWeek)) == 2


def test_the_worker_compares_when_everybody_is_classified(rig: PlayRig) -> None:
    """As the last step of evaluating."""
    rig.drain()
    assert len(rig.rows(PeerWeek)) == 1
