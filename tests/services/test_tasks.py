"""What a person does with a task: one conditional write each, with history and audit; on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import STRATEGIC, PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services import tasks
from waypost_server.services.recover import recover
from waypost_server.services.task_moves import By
from waypost_server.store import tasks as store
from waypost_server.store.database import Database
from waypost_server.store.tables import Audit, Signal, Task, TaskEvent

BY = By("console:robin")


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """A strategic account whose use fell, and so one task."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_csm("csm-1")
    rig.add_csm("csm-2")
    rig.add_account(mrr=STRATEGIC)
    rig.decay()
    rig.drain()
    return rig


def _task(rig: PlayRig) -> Task:
    (task,) = rig.rows(Task)
    return task


def _history(rig: PlayRig) -> list[str]:
    return [event.kind for event in sorted(rig.rows(TaskEvent), key=lambda event: event.id)]


def test_acknowledge_then_done_closes_and_notes_the_signal(rig: PlayRig) -> None:
    """The whole life of a task, and its signal says how it ended."""
    task = _task(rig)
    assert tasks.acknowledge(rig.runtime, WORKSPACE, task.id, by=BY).state == "acknowledged"
    ended = tasks.done(rig.runtime, WORKSPACE, task.id, by=BY, outcome="Call booked", note="Tuesday")
    assert (ended.state, ended.outcome, ended.ended_at) == ("done", "Call booked", rig.clock.now)
    assert _history(rig) == ["created", "acknowledged", "done"]
    assert [row.action for row in rig.rows(Audit)][-2:] == ["task.acknowledged", "task.done"]
    assert rig.rows(Signal)[0].handling_reason == "Task done: Call booked"


def test_undo_brings_it_back(rig: PlayRig) -> None:
    """Reopen clears outcome and end."""
    task = _task(rig)
    tasks.dismiss(rig.runtime, WORKSPACE, task.id, by=BY, reason="Seasonal customer")
    again = tasks.reopen(rig.runtime, WORKSPACE, task.id, by=BY)
    assert (again.state, again.outcome, again.ended_at) == ("open", None, None)


def test_a_move_that_no_longer_fits_is_a_conflict(rig: PlayRig) -> None:
    """Two people at one task: the second is told what the first did."""
    task = _task(rig)
    tasks.done(rig.runtime, WORKSPACE, task.id, by=BY, outcome="Done")
    with pytest.raises(ConflictError, match="done by now"):
        tasks.acknowledge(rig.runtime, WORKSPACE, task.id, by=By("console:kim"))
    with pytest.raises(NotFoundError):
        tasks.acknowledge(rig.runtime, "another", task.id, by=BY)


def test_a_snoozed_task_comes_back_by_itself(rig: PlayRig) -> None:
    """The sweep wakes it when its time has come, and not before."""
    task = _task(rig)
    with pytest.raises(BadInputError):
        tasks.snooze(rig.runtime, WORKSPACE, task.id, by=BY, until=rig.clock.now)
    tasks.snooze(rig.runtime, WORKSPACE, task.id, by=BY, until=rig.clock.now + timedelta(days=1))
    recover(rig.runtime)
    assert _task(rig).state == "snoozed"
    rig.clock.move(days=1)
    recover(rig.runtime)
    assert _task(rig).state == "open"


def test_outcomes_and_reasons_are_required(rig: PlayRig) -> None:
    """A closed task without a word teaches nobody anything."""
    task = _task(rig)
    with pytest.raises(BadInputError):
        tasks.done(rig.runtime, WORKSPACE, task.id, by=BY, outcome="  ")
    with pytest.raises(BadInputError):
        tasks.dismiss(rig.runtime, WORKSPACE, task.id, by=BY, reason="")


def test_work_goes_to_whoever_has_least(rig: PlayRig) -> None:
    """The second task goes to the other CSM; an account's owner gets it whatever the load."""
    assert _task(rig).owner == "csm-1"
    rig.add_account("beta", mrr=STRATEGIC)
    rig.decay("beta")
    rig.add_account("gamma", mrr=STRATEGIC, owner="csm-1")
    rig.decay("gamma")
    rig.drain()
    assert {task.account_id: task.owner for task in rig.rows(Task)} == {
        "acme": "csm-1",
        "beta": "csm-2",
        "gamma": "csm-1",
    }


def test_pages_follow_each_other_without_gaps(rig: PlayRig) -> None:
    """Keyset pages by due time and id."""
    for n in range(5):
        rig.add_account(f"b{n}", mrr=STRATEGIC)
        rig.decay(f"b{n}")
    rig.drain()
    with rig.database.read() as session:
        seen: list[str] = []
        after = None
        while page := store.page(session, WORKSPACE, after=after, limit=2):
            seen += [task.id for task in page]
            after = (page[-1].due_at, page[-1].id)
    assert len(seen) == len(set(seen)) == 6
