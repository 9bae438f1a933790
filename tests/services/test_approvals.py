"""Not too many in a day, and not to many people without a second pair of eyes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import POLICY, TIPS, PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, ForbiddenError
from waypost_server.services.approvals import approve, reject
from waypost_server.services.fsck import check as fsck
from waypost_server.services.recover import recover
from waypost_server.store.database import Database
from waypost_server.store.tables import Approval, ConsoleUser, Delivery


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    return PlayRig(database, tmp_path / "mailbox")


def begin(rig: PlayRig, policy: str, accounts: int = 4) -> None:
    """So many accounts whose play sends one mail each."""
    rig.publish(policy=POLICY + policy)
    for number in range(accounts):
        rig.add_account(f"a{number}")
        rig.decay(f"a{number}")
    for user, role in (("ada", "approver"), ("tests", "approver"), ("robin", "csm")):
        with rig.database.write() as session:
            session.add(
                ConsoleUser(
                    workspace_id=WORKSPACE,
                    id=user,
                    email=f"{user}@acme.example",
                    name=user.title(),
                    role=role,
                    created_at=rig.clock.now,
                )
            )
    rig.drain()


def states(rig: PlayRig) -> list[str]:
    return sorted(row.state for row in rig.rows(Delivery))


def asked(rig: PlayRig) -> Approval:
    (found,) = rig.rows(Approval)
    return found  # type: ignore[no-any-return]


def test_beyond_the_limit_messages_wait_for_an_approver(rig: PlayRig) -> None:
    """Exactly so many leave; the rest goes with the yes, and the play is not asked again in these words."""
    begin(rig, "approval: {above: 2}\n")
    assert states(rig) == ["awaiting_approval"] * 2 + ["sent"] * 2
    approve(rig.runtime, WORKSPACE, asked(rig).id, person="ada")
    rig.drain()
    assert states(rig) == ["sent"] * 4 and len(rig.mails()) == 4
    assert asked(rig).state == "approved" and fsck(rig.runtime) == []
    with pytest.raises(ConflictError, match="approved already"):
        reject(rig.runtime, WORKSPACE, asked(rig).id, person="ada", reason="late")


def test_what_waits_for_a_yes_takes_no_slot_of_its_mail_domain(rig: PlayRig) -> None:
    """Four mails an hour: the two that waited go as soon as somebody agrees."""
    begin(rig, "approval: {above: 2}\nmail_rates: {example.com: {max: 4, per: 1h}}\n")
    approve(rig.runtime, WORKSPACE, asked(rig).id, person="ada")
    rig.drain()
    assert states(rig) == ["sent"] * 4


def test_a_no_cancels_what_waits_and_what_comes(rig: PlayRig) -> None:
    """Other words are a new question."""
    begin(rig, "approval: {above: 2}\n")
    reject(rig.runtime, WORKSPACE, asked(rig).id, person="ada", reason="too pushy")
    assert states(rig) == ["cancelled"] * 2 + ["sent"] * 2
    rig.add_account("late")
    rig.decay("late")
    rig.drain()
    assert states(rig) == ["cancelled"] * 3 + ["sent"] * 2
    rig.publish(policy=POLICY + "approval: {above: 2}\n", templates__tips=TIPS + "\nBye.\n")
    rig.add_account("later")
    rig.decay("later")
    rig.drain()
    assert states(rig)[0] == "awaiting_approval" and len(rig.rows(Approval)) == 2
    assert fsck(rig.runtime) == []


def test_who_may_decide(rig: PlayRig) -> None:
    """Neither a CSM nor the author while there is somebody else; the author alone may."""
    begin(rig, "approval: {above: 2}\n")
    with pytest.raises(ForbiddenError, match="role approver"):
        approve(rig.runtime, WORKSPACE, asked(rig).id, person="robin")
    with pytest.raises(ForbiddenError, match="somebody else"):
        approve(rig.runtime, WORKSPACE, asked(rig).id, person="tests")
    with pytest.raises(BadInputError, match="why"):
        reject(rig.runtime, WORKSPACE, asked(rig).id, person="ada", reason="")
    rig.sql("update console_user set role = 'csm' where id = 'ada'")
    assert approve(rig.runtime, WORKSPACE, asked(rig).id, person="tests").person == "tests"


def test_an_answer_may_not_take_for_ever(rig: PlayRig) -> None:
    """After two weeks what waits is over, and says so."""
    begin(rig, "approval: {above: 2}\n")
    rig.clock.move(days=14, minutes=1)
    recover(rig.runtime)
    assert states(rig) == ["expired"] * 2 + ["sent"] * 2


def test_no_more_than_the_ceiling_leave_in_a_day(rig: PlayRig) -> None:
    """The rest waits for the next day, saying why, and goes then."""
    begin(rig, "daily_ceiling: 3\n")
    assert states(rig) == ["pending"] + ["sent"] * 3
    (waiting,) = [row for row in rig.rows(Delivery) if row.state == "pending"]
    assert "3 e-mails of today" in waiting.reason
    rig.clock.move(days=1)
    rig.drain()
    assert states(rig) == ["sent"] * 4


def test_a_message_takes_one_place_however_often_it_is_tried(rig: PlayRig) -> None:
    """What was counted today and comes back is not counted again."""
    begin(rig, "daily_ceiling: 4\n", accounts=3)
    rig.sql(
        "update delivery set state = 'pending', ended_at = null where id = (select min(id) from delivery)"
    )
    rig.sql("delete from attempt")
    rig.sql("delete from touch")
    rig.add_account("more")
    rig.decay("more")
    rig.drain()
    assert states(rig) == ["sent"] * 4
