"""The kill switches: what is stopped waits, what is not goes on, and nothing is lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.drain import drain
from waypost_server.services.fsck import check as fsck
from waypost_server.services.pause_play import pause_play, resume_play
from waypost_server.services.stop_sending import resume_sending, stop_sending
from waypost_server.store.database import Database
from waypost_server.store.tables import Audit, Delivery

EVERYTHING = ""


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    made = PlayRig(database, tmp_path / "mailbox")
    made.publish()
    made.add_account()
    made.decay()
    return made


@pytest.mark.parametrize("scope", [EVERYTHING, WORKSPACE])
def test_what_is_stopped_waits_and_goes_on_at_once(rig: PlayRig, scope: str) -> None:
    """Thrown twice it is thrown once; taken back, the mail leaves with the next drain."""
    for _ in range(2):
        stop_sending(rig.runtime, scope, actor="robin", reason="the words are wrong")
    rig.drain()
    rig.clock.move(minutes=5)
    rig.drain()
    assert rig.mails() == []
    resume_sending(rig.runtime, scope, actor="robin")
    rig.drain()
    assert len(rig.mails()) == 1
    actions = [row.action for row in rig.rows(Audit) if row.action.startswith("sending.")]
    assert sorted(actions) == ["sending.resumed", "sending.stopped"]
    assert fsck(rig.runtime) == []


def test_what_waited_may_be_ended_instead(rig: PlayRig) -> None:
    """After a restore without a record of what left, for instance; what comes later goes."""
    drain(dataclasses.replace(rig.runtime, sending=False))
    stop_sending(rig.runtime, EVERYTHING, actor="robin", reason="restored")
    rig.clock.move(minutes=1)
    assert resume_sending(rig.runtime, EVERYTHING, actor="robin", end_waiting=True) == 1
    rig.drain()
    assert rig.mails() == [] and rig.rows(Delivery)[0].state == "cancelled" and fsck(rig.runtime) == []
    rig.add_account("later")
    rig.decay("later")
    rig.drain()
    assert len(rig.mails()) == 1


def test_a_stop_acts_between_claim_and_send(rig: PlayRig) -> None:
    """A worker that has claimed already asks once more before each group."""

    def meanwhile(point: str) -> None:
        if point == "deliver.claimed":
            stop_sending(rig.runtime, WORKSPACE, actor="robin", reason="stop")

    object.__setattr__(rig.runtime, "fault", meanwhile)
    rig.drain()
    assert rig.mails() == []
    (delivery,) = rig.rows(Delivery)
    assert (delivery.state, delivery.reason) == ("pending", "sending is stopped")


def test_what_a_paused_play_has_queued_waits_too(rig: PlayRig) -> None:
    """Its messages stay when it is paused between claim and send, and leave when it goes on."""

    def meanwhile(point: str) -> None:
        if point == "deliver.claimed":
            object.__setattr__(rig.runtime, "fault", lambda _point: None)
            pause_play(rig.runtime, WORKSPACE, "usage-drop", actor="robin", reason="stop")

    object.__setattr__(rig.runtime, "fault", meanwhile)
    rig.drain()
    (delivery,) = rig.rows(Delivery)
    assert (delivery.state, delivery.reason) == ("pending", "its play is paused")
    rig.clock.move(hours=2)
    rig.drain()
    assert rig.mails() == []
    resume_play(rig.runtime, WORKSPACE, "usage-drop", actor="robin")
    rig.drain()
    assert len(rig.mails()) == 1 and fsck(rig.runtime) == []


def test_the_environment_stops_a_process(rig: PlayRig) -> None:
    """With WAYPOST_SENDING=0 a worker claims nothing."""
    drain(dataclasses.replace(rig.runtime, sending=False))
    assert rig.mails() == [] and rig.rows(Delivery)[0].claims == 0


def test_a_switch_that_cannot_be_is_refused_in_words(rig: PlayRig) -> None:
    """Without a reason, for what nobody has, and back when it is not thrown."""
    with pytest.raises(BadInputError, match="why"):
        stop_sending(rig.runtime, WORKSPACE, actor="robin", reason=" ")
    with pytest.raises(NotFoundError, match="no workspace"):
        stop_sending(rig.runtime, "nobody", actor="robin", reason="x")
    with pytest.raises(ConflictError, match="not stopped"):
        resume_sending(rig.runtime, WORKSPACE, actor="robin")
