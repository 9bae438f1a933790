"""A person stops a run: whatever it had under way, nothing more leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import STRATEGIC, USAGE_DROP, PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.advance_play import advance_due
from waypost_server.services.cancel_run import cancel_run
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import Audit, Delivery, NudgeGrant, PlayRun, Signal, StepRun, Task


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    return rig


def begin(rig: PlayRig) -> str:
    """A run whose mail is queued and not sent; its id."""
    evaluate_due(rig.runtime, WORKSPACE)
    advance_due(rig.runtime, WORKSPACE)
    (run,) = rig.rows(PlayRun)
    return str(run.id)


def stop(rig: PlayRig, run_id: str, reason: str = "they told us why") -> PlayRun:
    return cancel_run(rig.runtime, WORKSPACE, run_id, actor="robin", reason=reason)


def test_what_is_queued_is_not_sent_and_the_story_ends(rig: PlayRig) -> None:
    """The mail is cancelled, the signal says why nothing answers it, and the audit knows who it was."""
    rig.add_account()
    rig.decay()
    stop(rig, begin(rig))
    rig.clock.move(days=20)
    rig.drain()
    assert rig.mails() == []
    (delivery,) = rig.rows(Delivery)
    assert (delivery.state, delivery.reason) == ("cancelled", "the run was stopped")
    (run,) = rig.rows(PlayRun)
    assert (run.state, run.outcome, run.due_at) == ("ended", "cancelled", None)
    last = max(rig.rows(StepRun), key=lambda row: row.seq)
    assert (last.kind, last.note) == ("end", "Stopped by a person: they told us why")
    assert {(row.actor, row.action) for row in rig.rows(Audit)} >= {("robin", "run.cancelled")}
    assert rig.rows(Signal)[0].handling_reason == "The run that answered it was stopped: they told us why"
    assert fsck(rig.runtime) == []


def test_nudges_it_handed_out_are_taken_back(rig: PlayRig) -> None:
    """From the moment of the stop nobody is shown them."""
    rig.add_account()
    rig.decay()
    run_id = begin(rig)
    rig.clock.move(days=4)
    advance_due(rig.runtime, WORKSPACE)
    assert rig.rows(NudgeGrant)[0].until > rig.clock.now
    stop(rig, run_id)
    assert rig.rows(NudgeGrant)[0].until == rig.clock.now


def test_work_that_a_person_has_already_stays(rig: PlayRig) -> None:
    """The task remains the answer to the signal."""
    rig.publish(plays__usage_drop=USAGE_DROP + "  - wait: {days: 3}\n  - task: {template: brief}\n")
    rig.add_account(mrr=STRATEGIC)
    rig.decay()
    stop(rig, begin(rig))
    rig.clock.move(days=4)
    rig.drain()
    (task,) = rig.rows(Task)
    assert task.state == "open"
    assert rig.rows(Signal)[0].handling == "run"


def test_a_claim_on_a_stopped_run_is_worth_nothing(rig: PlayRig) -> None:
    """A worker claimed it before the stop: its visit finds the fence gone and does nothing."""
    rig.add_account()
    rig.decay()
    evaluate_due(rig.runtime, WORKSPACE)
    (run,) = rig.rows(PlayRun)

    def stopped_meanwhile(point: str) -> None:
        if point == "advance.claimed":
            stop(rig, run.id)

    object.__setattr__(rig.runtime, "fault", stopped_meanwhile)
    advance_due(rig.runtime, WORKSPACE)
    assert rig.rows(Delivery) == []
    assert rig.rows(PlayRun)[0].outcome == "cancelled"


def test_a_stop_needs_a_reason_and_a_run(rig: PlayRig) -> None:
    """Each refusal names what is missing."""
    rig.add_account()
    rig.decay()
    run_id = begin(rig)
    with pytest.raises(BadInputError, match="why"):
        stop(rig, run_id, "  ")
    with pytest.raises(NotFoundError):
        stop(rig, "nobody-has-this")
    stop(rig, run_id)
    with pytest.raises(ConflictError, match="ended"):
        stop(rig, run_id)
