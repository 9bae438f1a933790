"""A person pauses a run or a play, lets it go on, and tries a failed step again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.cancel_run import cancel_run
from waypost_server.services.change_run import pause_run, resume_run, retry_run
from waypost_server.services.fsck import check as fsck
from waypost_server.services.pause_play import pause_play, resume_play
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.database import Database
from waypost_server.store.tables import Audit, Delivery, PlayRun, Signal, StepRun, Task

ROBIN = "robin"


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """A run of the usage drop, waiting for its third day."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_account()
    rig.decay()
    rig.drain()
    return rig


def run(rig: PlayRig) -> PlayRun:
    (found,) = rig.rows(PlayRun)
    assert isinstance(found, PlayRun)
    return found


def story(rig: PlayRig) -> list[str]:
    return [row.kind for row in sorted(rig.rows(StepRun), key=lambda row: row.seq)]


def test_a_paused_run_does_nothing_until_it_goes_on(rig: PlayRig) -> None:
    """Its wait goes on counting, so what fell due meanwhile happens at once; who did it stands in the story."""
    pause_run(rig.runtime, WORKSPACE, run(rig).id, actor=ROBIN, reason="they are on holiday")
    assert (run(rig).state, run(rig).due_at) == ("paused", None) and fsck(rig.runtime) == []
    rig.clock.move(days=4)
    rig.touch()
    rig.drain()
    assert story(rig) == ["email", "wait", "pause"]
    resume_run(rig.runtime, WORKSPACE, run(rig).id, actor=ROBIN)
    rig.drain()
    assert story(rig) == ["email", "wait", "pause", "resume", "nudge", "wait"] and run(rig).state == "waiting"
    told = {row.kind: row for row in rig.rows(StepRun)}
    assert told["pause"].note == "Paused by a person: they are on holiday"
    assert told["pause"].detail["actor"] == ROBIN
    actions = [row.action for row in sorted(rig.rows(Audit), key=lambda row: row.id)]
    assert actions[-2:] == ["run.paused", "run.resumed"]


def test_a_wait_that_was_paused_is_not_begun_again(rig: PlayRig) -> None:
    """Going on before its time means waiting until the same moment."""
    until = run(rig).due_at
    pause_run(rig.runtime, WORKSPACE, run(rig).id, actor=ROBIN, reason="a moment")
    rig.clock.move(days=1)
    resume_run(rig.runtime, WORKSPACE, run(rig).id, actor=ROBIN)
    rig.drain()
    assert (run(rig).state, run(rig).due_at) == ("waiting", until)


def test_what_a_paused_run_has_queued_waits_too(rig: PlayRig) -> None:
    """And is sent when it goes on."""
    rig.sql("update delivery set state = 'pending', phase = '', ended_at = null")
    pause_run(rig.runtime, WORKSPACE, run(rig).id, actor=ROBIN, reason="a moment")
    sent = len(rig.mails())
    rig.drain()
    (delivery,) = rig.rows(Delivery)
    assert (delivery.state, delivery.reason, len(rig.mails())) == ("pending", "its run is paused", sent)
    resume_run(rig.runtime, WORKSPACE, run(rig).id, actor=ROBIN)
    rig.drain()
    assert rig.rows(Delivery)[0].state == "sent"


def test_a_failed_run_is_taken_up_where_it_failed(rig: PlayRig) -> None:
    """What was done before is not done again, and the run ends like any other."""
    rig.sql(
        "update play_run set state = 'ended', outcome = 'failed', due_at = null, ended_at = started_at, step = 4"
    )
    retry_run(rig.runtime, WORKSPACE, run(rig).id, actor=ROBIN)
    rig.drain()
    assert (run(rig).state, run(rig).outcome) == ("ended", "completed")
    assert story(rig) == ["email", "wait", "retry", "webhook", "end"] and fsck(rig.runtime) == []


def test_what_does_not_fit_is_refused(rig: PlayRig) -> None:
    """Each deed says which state it needs by refusing every other; another workspace's run is no run."""
    run_id = run(rig).id
    for wrong in (resume_run, retry_run):
        with pytest.raises(ConflictError):
            wrong(rig.runtime, WORKSPACE, run_id, actor=ROBIN)
    with pytest.raises(BadInputError, match="few words"):
        pause_run(rig.runtime, WORKSPACE, run_id, actor=ROBIN, reason=" ")
    with pytest.raises(NotFoundError):
        pause_run(rig.runtime, "another", run_id, actor=ROBIN, reason="x")
    pause_run(rig.runtime, WORKSPACE, run_id, actor=ROBIN, reason="x")
    cancel_run(rig.runtime, WORKSPACE, run_id, actor=ROBIN, reason="x")
    for wrong in (resume_run, retry_run):
        with pytest.raises(ConflictError):
            wrong(rig.runtime, WORKSPACE, run_id, actor=ROBIN)


def test_a_paused_play_starts_for_nobody_and_moves_nobody(rig: PlayRig) -> None:
    """A signal it would answer says so; a person is told; its runs go on when it does."""
    pause_play(rig.runtime, WORKSPACE, "usage-drop", actor=ROBIN, reason="the mail is wrong")
    rig.add_account("other")
    rig.decay("other")
    rig.clock.move(days=4)
    rig.drain()
    assert story(rig) == ["email", "wait"]
    (held,) = [row for row in rig.rows(Signal) if row.account_id == "other"]
    assert (held.handling, held.handling_reason) == ("none", "Usage is dropping: it is paused.")
    with pytest.raises(ConflictError, match="it is paused"):
        start_run(rig.runtime, WORKSPACE, Wish("usage-drop", "acme", anyway=True))
    with pytest.raises(ConflictError, match="already"):
        pause_play(rig.runtime, WORKSPACE, "usage-drop", actor=ROBIN, reason="again")
    resume_play(rig.runtime, WORKSPACE, "usage-drop", actor=ROBIN)
    rig.drain()
    assert story(rig) == ["email", "wait", "nudge", "wait"] and fsck(rig.runtime) == []
    with pytest.raises(ConflictError, match="not paused"):
        resume_play(rig.runtime, WORKSPACE, "usage-drop", actor=ROBIN)
    for name in ("nothing", "usage-drops"):
        with pytest.raises(NotFoundError):
            pause_play(rig.runtime, WORKSPACE, name, actor=ROBIN, reason="x")
    assert not rig.rows(Task)


def test_other_plays_go_on_beside_a_paused_one(rig: PlayRig) -> None:
    """Runs of a paused play that are due do not stand in the way."""
    row = {"workspace_id": WORKSPACE, "account_id": "acme", "release": 1, "motion": "long_tail", "signal_id": "",
           "occurrence": "o", "state": "running", "due_at": rig.clock.now, "started_at": rig.clock.now}  # fmt: skip
    with rig.database.write() as session:
        session.execute(insert(PlayRun), [{**row, "id": "x", "play": "celebrate"}])
    pause_play(rig.runtime, WORKSPACE, "usage-drop", actor=ROBIN, reason="x")
    rig.clock.move(days=4)
    rig.drain()
    assert {row.play: row.state for row in rig.rows(PlayRun)} == {
        "usage-drop": "waiting",
        "celebrate": "ended",
    }
