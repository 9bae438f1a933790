"""kill -9 while a play starts for many accounts, and while people of ours are told: nothing twice, nothing lost."""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.builders import WORKSPACE, Clock
from tests.faults.fleet import Fleet
from tests.faults.ledger import TERMINAL, count, settle
from tests.faults.processes import dies_in_the_middle
from tests.faults.sinks import hook_sink
from tests.services.play_rig import STRATEGIC, PlayRig
from tests.waiting import until
from waypost_server.services.bulk_start import begin_bulk
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import BulkStart, Delivery, PlayRun, Task

CHUNKS = ("bulk.before_commit",)
TELLING = ("tasks.taken", "tasks.digest")
PEOPLE = 8
HOOK = "https://crm.example.com/hook"
FREE = """
caps: null
min_gap: null
quiet_hours: null
approval: null
daily_ceiling: 1000000
timezone: UTC
webhooks: {crm-note: "HOOK"}
tasks: {capacity: null, urgent: [], webhook: crm-note}
"""
PLAY = """
key: usage-drop
title: A word to all
on: {person: true}
goal: {feature: export}
long_tail:
  - STEP
strategic:
  - task: {template: brief}
"""
pytestmark = [pytest.mark.slow, pytest.mark.fault_long, pytest.mark.timeout(500)]


def _begin(rig: PlayRig, step: str, *, tail: int, strategic: int, hook: str = HOOK) -> None:
    """Accounts that were classified before, people who serve them, and a play begun for all of them."""
    rig.publish(policy=FREE.replace("HOOK", hook), plays__usage_drop=PLAY.replace("STEP", step))
    for number in range(PEOPLE):
        rig.add_csm(f"csm-{number}")
    rig.add_crowd(tail, "t", motion="long_tail", touched=0)
    rig.add_crowd(strategic, "s", motion="strategic", traits={"mrr": STRATEGIC}, touched=0)
    begin_bulk(rig.runtime, WORKSPACE, "usage-drop", {}, actor="robin")


def test_killed_again_and_again_at_every_step_between(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Chunks, visits, what is told to people and to the CRM, and the morning's digest: each is done once."""
    dice, deaths = random.Random(11), 0
    rig = PlayRig(database, tmp_path / "mailbox", clock=Clock(datetime(2026, 11, 24, 9, 0, tzinfo=UTC)))
    _begin(rig, "wait: {days: 1}", tail=1_050, strategic=250)
    for passing in (1, 2):
        assert dies_in_the_middle(CHUNKS, passing, database_url, rig.clock.now, rig.folder)
    while dies_in_the_middle(TELLING, dice.randint(1, 3), database_url, rig.clock.now, rig.folder):
        deaths += 1
        assert deaths < 60, "it never comes to an end"
    assert deaths >= 3
    _assert_each_started_once(rig, 1_300)
    _assert_people_were_told_once(rig, 250)
    assert fsck(rig.runtime) == []


def _assert_each_started_once(rig: PlayRig, accounts: int) -> None:
    (bulk,) = rig.rows(BulkStart)
    assert (bulk.state, bulk.looked_at, bulk.started) == ("done", accounts, accounts)
    runs = Counter(run.account_id for run in rig.rows(PlayRun))
    assert len(runs) == accounts and set(runs.values()) == {1}


def _assert_people_were_told_once(rig: PlayRig, tasks: int) -> None:
    """Every task is in one notice to its owner, in one call to the CRM and in one person's digest."""
    assert len({task.account_id for task in rig.rows(Task)}) == len(rig.rows(Task)) == tasks
    notices = [row for row in rig.rows(Delivery) if not row.account_id]
    hooks = [json.loads(row.body) for row in notices if row.channel == "webhook"]
    told = Counter(each["data"]["id"] for each in hooks if each["type"] == "task.created")
    assert len(told) == tasks and set(told.values()) == {1}
    mails = [row for row in notices if row.channel == "email"]
    assert {row.state for row in mails} == {"sent"}
    assert Counter(row.recipient for row in mails) == Counter(mail["To"] for mail in rig.mails())
    assert sum(_new(row.subject) for row in mails) == tasks
    digests = [row for row in mails if row.subject.startswith("Your tasks")]
    assert len({row.recipient for row in digests}) == len(digests) == PEOPLE
    assert sum(int(number) for row in digests for number in re.findall(r"\d+", row.subject)) == tasks


def _new(subject: str) -> int:
    """How many new tasks a notice names."""
    if subject.startswith("New task:"):
        return 1
    many = re.fullmatch(r"(\d+) new tasks", subject)
    return int(many[1]) if many else 0


def test_workers_killed_while_thousands_are_started(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Two real workers with Redis, one killed every second or so: each account has its mail or its task, each once."""
    rig = PlayRig(database, tmp_path / "unused", clock=Clock(datetime.now(UTC)))
    dice, deaths = random.Random(5), 0
    with hook_sink() as (sink, url):
        fleet = Fleet(tmp_path, database_url, allow_loopback="1")
        _begin(rig, "email: {template: tips}", tail=3_000, strategic=300, hook=url)
        try:
            fleet.start("valkey", "worker", "worker-b")
            while deaths < 20 and not _is_over(rig):
                time.sleep(dice.uniform(0.3, 1.5))
                role = dice.choice(("worker", "worker-b"))
                fleet.kill(role)
                fleet.start(role)
                deaths += 1
            until("every message to come to an end", lambda: _is_over(rig), 300)
        finally:
            fleet.stop()
    assert deaths >= 8
    _assert_each_started_once(rig, 3_300)
    assert len({task.account_id for task in rig.rows(Task)}) == len(rig.rows(Task)) == 300
    calls = {head["webhook-id"]: json.loads(body)["data"]["id"] for head, body in sink.posts}
    assert len(calls) == 300 and len(set(calls.values())) == 300
    mails = [message_from_bytes(file.read_bytes()) for file in fleet.mailbox.rglob("*.eml")]
    customers = [to for to in (str(mail["To"]) for mail in mails) if to.endswith("@example.com")]
    name = f"P1 workers killed in a bulk, {database.engine.dialect.name}"
    settle(name, count(database, customers), decided=3_000)
    rig.clock.now = datetime.now(UTC)
    assert fsck(rig.runtime) == []


def _is_over(rig: PlayRig) -> bool:
    """Every mail to a customer and every call to the CRM has come to an end."""
    over = select(func.count()).where(Delivery.state.in_(TERMINAL))
    with rig.database.read() as session:
        mails = session.scalar(over.where(Delivery.channel == "email", Delivery.account_id != ""))
        hooks = session.scalar(over.where(Delivery.channel == "webhook"))
    return (mails, hooks) == (3_000, 300)
