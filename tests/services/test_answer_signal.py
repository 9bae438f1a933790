"""A signal that started nothing is answered by a person: with a task, or with a reason; on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import POLICY, STRATEGIC, PlayRig
from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services import answer_signal, tasks
from waypost_server.services.fsck import check as fsck
from waypost_server.services.task_moves import By
from waypost_server.store import reports_home
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery, Signal, Task, TaskEvent


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """A signal that lost its answer."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_csm("csm-1")
    rig.add_account()
    rig.decay()
    rig.drain()
    rig.sql("update play_run set signal_id = ''")
    rig.sql("update signal set handling = 'none', handling_reason = ''")
    return rig


def orphans(rig: PlayRig) -> list[str]:
    with rig.database.read() as session:
        return [row.Signal.id for row in reports_home.orphans(session, WORKSPACE, 10)]


def test_a_person_makes_one_task_of_it(rig: PlayRig) -> None:
    """The home page and fsck name it until then; pressing twice makes one task; closing it tells the signal."""
    (signal,) = rig.rows(Signal)
    assert orphans(rig) == [signal.id] and "nothing answers signal" in fsck(rig.runtime)[0]
    task = answer_signal.make_task(rig.runtime, WORKSPACE, signal.id, actor="csm-1")
    again = answer_signal.make_task(rig.runtime, WORKSPACE, signal.id, actor="csm-1")
    assert task.id == again.id and len(rig.rows(Task)) == 1
    assert (task.title, task.owner, task.severity) == ("Acme: Usage decay", "csm-1", signal.severity)
    assert [each.kind for each in rig.rows(TaskEvent)] == ["created"]
    assert orphans(rig) == [] and fsck(rig.runtime) == []
    tasks.done(rig.runtime, WORKSPACE, task.id, by=By("csm-1"), outcome="Talked")
    assert rig.rows(Signal)[0].handling_reason == "Task done: Talked"


def test_a_person_says_why_nothing_is_needed(rig: PlayRig) -> None:
    """The reason is kept, and that is an answer; a closed or unknown signal takes none."""
    (signal,) = rig.rows(Signal)
    answer_signal.leave(rig.runtime, WORKSPACE, signal.id, actor="csm-1", reason="They are moving house.")
    assert rig.rows(Signal)[0].handling_reason == "They are moving house." and orphans(rig) == []
    rig.sql("update signal set state = 'closed'")
    with pytest.raises(ConflictError, match="over by now"):
        answer_signal.make_task(rig.runtime, WORKSPACE, signal.id, actor="csm-1")
    with pytest.raises(NotFoundError):
        answer_signal.leave(rig.runtime, "another", signal.id, actor="csm-1", reason="x")


def test_the_teams_room_hears_of_new_tasks(rig: PlayRig) -> None:
    """A chat room of ours gets what owners get, whoever the owner is."""
    room = "chat: {team: {service: slack}}\ntasks: {chat: team}\n"
    rig.publish(policy=POLICY + room)
    rig.add_account("beta", mrr=STRATEGIC)
    rig.decay("beta")
    rig.drain()
    (said,) = [each for each in rig.rows(Delivery) if each.channel == "chat"]
    assert (said.recipient, said.subject) == ("team", "New task: Beta: Beta is using automations less")
    assert "/console/tasks/" in said.body
