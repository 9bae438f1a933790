"""What happens to tasks by themselves: held back, released, escalated, joined, resolved; on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import LONG_TAIL, POLICY, STRATEGIC, PlayRig
from waypost_server.domain.errors import ConflictError
from waypost_server.services import tasks
from waypost_server.services.fsck import check as fsck
from waypost_server.services.recover import recover
from waypost_server.services.task_moves import By
from waypost_server.store.database import Database
from waypost_server.store.tables import PlayRun, Signal, Task, TaskEvent, TaskSignal

ROBIN = By("csm-1")
SMALL = "tasks: {capacity: 2, lead: lead@acme.example, urgent: [{renewal_days: 30}]}"


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """One CSM with room for two tasks a week, and a lead."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish(policy=POLICY + SMALL)
    rig.add_csm("csm-1")
    rig.add_csm("lead")
    rig.sql("update console_user set role = 'approver' where id = 'lead'")
    return rig


def give(rig: PlayRig, *accounts: str, mrr: float = STRATEGIC, **changes: object) -> None:
    """A task about each account; the ones named later pay less."""
    for place, account in enumerate(accounts):
        rig.add_account(account, mrr=mrr - 1000 * place, **changes)
        rig.decay(account)
    rig.drain()


def task(rig: PlayRig, account: str = "acme") -> Task:
    (found,) = [each for each in rig.rows(Task) if each.account_id == account]
    return found


def history(rig: PlayRig, account: str = "acme") -> list[str]:
    mine = [each for each in rig.rows(TaskEvent) if each.task_id == task(rig, account).id]
    return [each.kind for each in sorted(mine, key=lambda each: each.id)]


def held(rig: PlayRig) -> set[str]:
    return {each.account_id for each in rig.rows(Task) if each.held_at is not None}


def test_the_least_urgent_waits_until_there_is_room(rig: PlayRig) -> None:
    """With two of two this week the smallest account waits, visibly; a dismissed task makes room, a done one does
    not before Monday; and its working days begin when it is released."""
    give(rig, "acme", "beta", "tiny")
    assert held(rig) == {"tiny"} and history(rig, "tiny") == ["created", "held"]
    (note,) = [each.note for each in rig.rows(TaskEvent) if each.kind == "held"]
    assert note == "2 of 2 this week; there is room again on Nov 30"
    tasks.done(rig.runtime, WORKSPACE, task(rig, "acme").id, by=ROBIN, outcome="Talked")
    recover(rig.runtime)
    assert held(rig) == {"tiny"}
    tasks.dismiss(rig.runtime, WORKSPACE, task(rig, "beta").id, by=ROBIN, reason="Seasonal")
    recover(rig.runtime)
    assert held(rig) == set() and history(rig, "tiny") == ["created", "held", "released"]
    give(rig, "gamma", mrr=7500)
    assert held(rig) == {"tiny"}  # more urgent work has come
    rig.clock.move(days=7)
    recover(rig.runtime)
    assert held(rig) == set()
    assert task(rig, "tiny").due_at.date() == rig.clock.now.date() + timedelta(days=2)


def test_urgent_and_begun_work_is_never_held_back(rig: PlayRig) -> None:
    """A renewal at the door does not wait, whatever the account pays; nor does what somebody is at."""
    today = rig.clock.now.date()
    give(rig, "acme", mrr=4100)
    tasks.acknowledge(rig.runtime, WORKSPACE, task(rig).id, by=ROBIN)
    give(rig, "soon", mrr=4000, renewal_on=today + timedelta(days=20))
    give(rig, "large", mrr=90_000)
    assert held(rig) == {"large"}


def test_a_person_may_have_room_of_their_own(rig: PlayRig) -> None:
    """Their number beats the policy's."""
    rig.sql("update console_user set capacity = 3 where id = 'csm-1'")
    give(rig, "acme", "beta", "gamma", "delta")
    assert len(held(rig)) == 1


def test_an_overdue_task_goes_to_the_lead_once(rig: PlayRig) -> None:
    """Past its due time the lead is named, once; the owner stays; a second sweep adds nothing."""
    give(rig, "acme")
    recover(rig.runtime)
    assert task(rig).escalated_at is None
    rig.clock.move(days=3)
    recover(rig.runtime)
    recover(rig.runtime)
    late = task(rig)
    assert (late.escalated_to, late.owner, late.state) == ("lead", "csm-1", "open")
    assert history(rig) == ["created", "escalated"]
    tasks.snooze(rig.runtime, WORKSPACE, late.id, by=ROBIN, until=rig.clock.now + timedelta(days=2))
    rig.clock.move(days=2)
    recover(rig.runtime)
    assert task(rig).state == "open" and task(rig).due_at > rig.clock.now
    assert history(rig)[-1] == "woken"


def test_a_further_signal_joins_the_open_task(rig: PlayRig) -> None:
    """The same play for the same account makes no second task while the first is open; the signal is answered."""
    give(rig, "acme")
    rig.sql("update signal set state = 'closed', closed_at = :at, opened_at = :old", at=rig.clock.now,
            old=rig.clock.now - timedelta(days=120))  # fmt: skip
    rig.touch()
    rig.drain()
    assert len(rig.rows(Task)) == 1 and len(rig.rows(PlayRun)) == 1
    newest = max(rig.rows(Signal), key=lambda each: each.id)
    assert (newest.handling, newest.handling_reason.split(":")[0]) == ("task", "Joined the open task")
    assert {each.signal_id for each in rig.rows(TaskSignal)} == {each.id for each in rig.rows(Signal)}
    assert history(rig) == ["created", "evidence"] and fsck(rig.runtime) == []


@pytest.mark.parametrize(("seen", "state"), [(False, "resolved"), (True, "acknowledged")])
def test_a_task_whose_signal_is_over_resolves_itself(rig: PlayRig, seen: bool, state: str) -> None:
    """When use recovers nobody needs to call; who has begun is told and decides."""
    give(rig, "acme")
    if seen:
        tasks.acknowledge(rig.runtime, WORKSPACE, task(rig).id, by=ROBIN)
    monday = rig.monday()
    rig.use("acme", [monday + timedelta(days=n) for n in range(-30, 21) if n % 7 < 4])
    rig.clock.move(days=21)
    rig.touch()
    rig.drain()
    assert [each.closed_reason for each in rig.rows(Signal)] == ["recovered"]
    assert task(rig).state == state
    assert ("use has recovered" in (task(rig).outcome or "")) is not seen
    assert history(rig)[-1] in ("resolved", "note", "escalated")


def test_work_goes_back_to_the_team_when_its_owner_has_left(rig: PlayRig) -> None:
    """An owner who is shut out gets no new tasks."""
    rig.add_csm("csm-2")
    rig.sql("update console_user set disabled_at = :at where id = 'csm-1'", at=rig.clock.now)
    give(rig, "acme", owner="csm-1")
    assert task(rig).owner == "csm-2"
    tasks.reassign(rig.runtime, WORKSPACE, task(rig).id, by=ROBIN, owner="lead@acme.example")
    assert task(rig).owner == "lead"


def test_due_times_follow_the_owners_own_days(rig: PlayRig) -> None:
    """Two working days end at 17:00 where the owner is."""
    rig.sql("update console_user set timezone = 'America/New_York' where id = 'csm-1'")
    give(rig, "acme")
    assert task(rig).due_at.isoformat() == "2026-11-25T22:00:00+00:00"


def test_a_closed_task_can_be_reopened_for_a_month(rig: PlayRig) -> None:
    """Undo has an end: after that the account tells anew what is wrong."""
    give(rig, "acme", mrr=LONG_TAIL * 10)
    tasks.done(rig.runtime, WORKSPACE, task(rig).id, by=ROBIN, outcome="Talked")
    rig.clock.move(days=29)
    assert tasks.reopen(rig.runtime, WORKSPACE, task(rig).id, by=ROBIN).state == "open"
    tasks.done(rig.runtime, WORKSPACE, task(rig).id, by=ROBIN, outcome="Talked")
    rig.clock.move(days=31)
    with pytest.raises(ConflictError, match="30 days ago"):
        tasks.reopen(rig.runtime, WORKSPACE, task(rig).id, by=ROBIN)
