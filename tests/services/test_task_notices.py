"""Who is told what about tasks, and once: owners, the lead, the morning's digest, the CRM; on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import WORKSPACE, Clock
from tests.services.play_rig import POLICY, STRATEGIC, PlayRig
from waypost_server.domain.errors import ConflictError, StaleError
from waypost_server.services import tasks
from waypost_server.services.mirror_task import Change, mirror_task
from waypost_server.services.recover import recover
from waypost_server.services.task_moves import By
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery, Task, TaskEvent

TASKS = "tasks: {capacity: 2, lead: lead@acme.example, urgent: [], webhook: crm-note}"


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """A CSM, a lead, a CRM."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish(policy=POLICY + TASKS)
    rig.add_csm("csm-1")
    rig.add_csm("lead")
    rig.sql("update console_user set role = 'approver' where id = 'lead'")
    return rig


def give(rig: PlayRig, *accounts: str) -> None:
    """A task about each account."""
    for place, account in enumerate(accounts):
        rig.add_account(account, mrr=STRATEGIC - 1000 * place)
        rig.decay(account)
    rig.drain()


def mails(rig: PlayRig) -> list[tuple[str, str]]:
    """(to, subject) of every mail that left."""
    return sorted((str(each["To"]), str(each["Subject"])) for each in rig.mails())


def hooks(rig: PlayRig) -> list[dict[str, Any]]:
    """What the CRM is told, in order."""
    rows = [each for each in rig.rows(Delivery) if each.channel == "webhook"]
    return [json.loads(each.body) for each in sorted(rows, key=lambda each: each.id)]


def only(rig: PlayRig) -> Task:
    (task,) = rig.rows(Task)
    return task


def test_an_owner_is_told_once_about_all_that_is_new(rig: PlayRig) -> None:
    """Three tasks at once are one mail about the two that are not held back; the third is told when it is released."""
    give(rig, "acme", "beta", "gamma")
    assert mails(rig) == [("csm-1@acme.example", "2 new tasks")]
    (mail,) = rig.mails()
    text = mail.get_body(("plain",)).get_content()
    assert "Acme" in text and "Beta" in text and "Gamma" not in text and "/console/tasks/" in text
    rig.drain()
    assert len(rig.mails()) == 1
    rig.clock.move(days=7)
    rig.sql("update task set escalated_at = due_at")
    rig.sql("update console_user set digest_on = '2027-01-01'")
    recover(rig.runtime)
    rig.drain()
    assert len(rig.mails()) == 2


def test_what_somebody_does_not_want_or_did_themselves_is_no_news(rig: PlayRig) -> None:
    """A choice is kept; a task one takes oneself needs no mail; a hand-over does."""
    rig.sql("""update console_user set notices = '{"new": false}' where id = 'csm-1'""")
    give(rig, "acme")
    tasks.reassign(rig.runtime, WORKSPACE, only(rig).id, by=By("lead"), owner="lead")
    rig.drain()
    assert mails(rig) == []
    tasks.reassign(rig.runtime, WORKSPACE, only(rig).id, by=By("csm-1"), owner="csm-1")
    tasks.reassign(rig.runtime, WORKSPACE, only(rig).id, by=By("csm-1"), owner="lead@acme.example")
    rig.drain()
    assert [to for to, _ in mails(rig)] == ["lead@acme.example"]


def test_the_lead_hears_of_what_is_late(rig: PlayRig) -> None:
    """Once, by name."""
    give(rig, "acme")
    rig.clock.move(days=3)
    rig.sql("update console_user set digest_on = '2027-01-01'")
    recover(rig.runtime)
    recover(rig.runtime)
    rig.drain()
    assert mails(rig)[1][0] == "lead@acme.example" and mails(rig)[1][1].startswith("Overdue task: Acme")
    assert len(mails(rig)) == 2


def test_a_hostile_name_is_only_text(rig: PlayRig) -> None:
    """An account's name can be neither a header nor a link in a mail."""
    rig.add_account("acme", mrr=STRATEGIC, name="Evil\r\nBcc: x@evil.example [click](https://evil.example)")
    rig.decay("acme")
    rig.drain()
    (mail,) = rig.mails()
    assert mail["Bcc"] is None
    assert 'href="https://evil.example' not in mail.get_body(("html",)).get_content()


def test_a_kill_between_mark_and_commit_tells_once(rig: PlayRig) -> None:
    """Whatever dies in the middle, the line is told exactly once."""
    rig.add_account("acme", mrr=STRATEGIC)
    rig.decay("acme")

    class Killed(BaseException):
        pass

    def die(point: str) -> None:
        if point == "tasks.taken":
            raise Killed

    working, rig.runtime = rig.runtime, _with(rig.runtime, fault=die)
    with pytest.raises(Killed):
        rig.drain()
    rig.runtime = working
    rig.drain()
    rig.drain()
    assert len(mails(rig)) == 1 and len(hooks(rig)) == 1


def _with(runtime: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(runtime, **changes)


@pytest.fixture
def early(database: Database, tmp_path: Path) -> PlayRig:
    """The evening before, in New York's zone, with a task."""
    rig = PlayRig(database, tmp_path / "mailbox", clock=Clock(datetime(2026, 11, 23, 20, 0, tzinfo=UTC)))
    rig.publish(policy=POLICY + TASKS)
    rig.add_csm("csm-1")
    rig.sql("update console_user set timezone = 'America/New_York'")
    return rig


def morning(rig: PlayRig) -> None:
    """A sweep, and what it rings for."""
    recover(rig.runtime)
    rig.drain()


def test_the_digest_comes_each_working_morning_where_the_person_is(early: PlayRig) -> None:
    """At eight in New York, once, not on weekends, and never without anything in it."""
    give(early, "acme")
    at_eight = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    early.clock.now = at_eight - timedelta(minutes=1)
    morning(early)
    assert [subject for _, subject in mails(early)] == ["New task: Acme: Acme is using automations less"]
    early.clock.now = at_eight
    morning(early)
    morning(early)
    assert [subject for _, subject in mails(early)][1:] == ["Your tasks: 1 later"]
    saturday = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
    early.sql("update task set escalated_at = due_at")
    early.clock.now = saturday
    morning(early)
    assert len(mails(early)) == 2
    tasks.done(early.runtime, WORKSPACE, only(early).id, by=By("csm-1"), outcome="Talked")
    early.clock.move(days=2)
    morning(early)
    assert len(mails(early)) == 2


def test_the_crm_is_told_each_change_and_not_its_own(rig: PlayRig) -> None:
    """Created and acknowledged are told; what the CRM itself changed is not, so nothing goes round in circles."""
    give(rig, "acme")
    tasks.acknowledge(rig.runtime, WORKSPACE, only(rig).id, by=By("csm-1"))
    rig.drain()
    said = hooks(rig)
    assert [each["type"] for each in said] == ["task.created", "task.acknowledged"]
    assert said[1]["data"]["version"] == only(rig).version
    assert said[1]["data"]["owner"]["email"] == "csm-1@acme.example"
    crm = By("key abc", only(rig).version, is_mirror=True)
    change = Change(state="done", outcome="Call booked", external_id="CRM-7", note="Tuesday")
    changed = mirror_task(rig.runtime, WORKSPACE, only(rig).id, change, by=crm)
    assert (changed.state, changed.external_id, changed.version) == ("done", "CRM-7", crm.version + 2)
    rig.drain()
    assert len(hooks(rig)) == 2
    again = mirror_task(rig.runtime, WORKSPACE, changed.id, change, by=By("key abc", changed.version))
    assert again.version == changed.version + 1  # only the note is new


def test_a_mirror_overwrites_nothing_it_has_not_seen(rig: PlayRig) -> None:
    """A change from an old version changes nothing, not even the part that would have been legal."""
    give(rig, "acme")
    known = only(rig).version
    tasks.acknowledge(rig.runtime, WORKSPACE, only(rig).id, by=By("csm-1"))
    with pytest.raises(StaleError, match="version 2 by now, not 1"):
        mirror_task(rig.runtime, WORKSPACE, only(rig).id, Change(external_id="X"), by=By("key a", known))
    tasks.done(rig.runtime, WORKSPACE, only(rig).id, by=By("csm-1"), outcome="Talked")
    late = By("key a", only(rig).version)
    with pytest.raises(ConflictError, match="done by now"):
        mirror_task(
            rig.runtime, WORKSPACE, only(rig).id, Change(external_id="X", state="acknowledged"), by=late
        )
    assert only(rig).external_id == "" and "linked" not in {each.kind for each in rig.rows(TaskEvent)}
