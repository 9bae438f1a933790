"""A plain e-mail step means e-mail: whoever said no to it is passed over, and the story says so; on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import CELEBRATE, TIPS, PlayRig
from waypost_server.services.addresses import address_hash
from waypost_server.services.fsck import check as fsck
from waypost_server.store import suppressions
from waypost_server.store.database import Database
from waypost_server.store.tables import Consent, NudgeGrant, StepRun


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """Two admins of an account that an e-mail step with one place is about to reach."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish(plays__celebrate=CELEBRATE)
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16))
    rig.add_user("second", "acme", name="Sam Second")
    rig.use("acme", [rig.clock.now.date() - timedelta(days=30)], feature="export")
    return rig


def refuse(rig: PlayRig, user_id: str, topic: str = "") -> None:
    answer = {"channel": "email", "topic": topic, "allowed": False, "message_id": "m", "trust": "server"}
    with rig.database.write() as session:
        session.add(Consent(workspace_id=WORKSPACE, user_id=user_id, at=rig.clock.now, **answer))


def told(rig: PlayRig) -> str:
    (line,) = [row for row in rig.rows(StepRun) if row.kind == "email"]
    return f"{line.outcome}: {line.note}"


@pytest.mark.parametrize("topic", ["", "tips", "launch-overdue"])
def test_who_said_no_gives_their_place_to_the_next(rig: PlayRig, topic: str) -> None:
    """To all e-mail, to the template or to the play; though they used the product last."""
    refuse(rig, "acme-admin", topic)
    rig.drain()
    assert [mail["To"] for mail in rig.mails()] == ["second@example.com"]
    why = f"the person said no to e-mail ({topic or 'all of it'})"
    assert told(rig) == (
        f"done: An e-mail goes to Sam Second: “Is something in the way, …?”. Not to Dana Whitfield: {why}."
    )
    assert fsck(rig.runtime) == []


def test_no_other_channel_is_taken_for_a_plain_step(rig: PlayRig) -> None:
    """One said no, the other's address bounced: nobody is reached, whatever they prefer."""
    refuse(rig, "acme-admin")
    rig.sql('update end_user set traits = \'{"preferred_channel": "in_app"}\'')
    hashed = address_hash(rig.runtime, WORKSPACE, "second@example.com")
    with rig.database.write() as session:
        suppressions.add(session, WORKSPACE, hashed, reason="bounced", at=rig.clock.now)
    rig.drain()
    assert rig.mails() == [] and rig.rows(NudgeGrant) == []
    assert told(rig).startswith("skipped: Nobody to write to") and "Sam Second: the address is" in told(rig)


def test_a_message_that_people_need_asks_nobody(rig: PlayRig) -> None:
    """A transactional template goes to whoever is first in line, as it does in the moment of sending."""
    rig.publish(templates__tips=TIPS.replace("---\n", "---\nkind: transactional\n", 1))
    refuse(rig, "acme-admin")
    rig.drain()
    assert [mail["To"] for mail in rig.mails()] == ["acme-admin@example.com"]
