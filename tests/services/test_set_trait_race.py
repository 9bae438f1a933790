"""Plays set traits while the product reports about the same accounts and people: nobody deadlocks, nothing is lost."""

from __future__ import annotations

import dataclasses
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import WORKSPACE, make_event
from tests.services.play_rig import PlayRig
from waypost_server.app import uuid7
from waypost_server.domain.events import Envelope
from waypost_server.services.advance_play import advance_due
from waypost_server.services.fsck import check as fsck
from waypost_server.services.ingest import ingest
from waypost_server.services.ingest_accounts import Sender
from waypost_server.services.runtime import Runtime
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.database import Database, open_engine
from waypost_server.store.tables import Account, EndUser, Event, PlayRun, UsageTotal

PLAY = """
key: usage-drop
title: Sort them
subject: user
on: {person: true}
goal: {feature: launch}
enrol: {max: 99, per: 1d}
long_tail:
  - set_trait: {trait: stage, value: grown}
  - set_trait: {trait: mood, value: good, of: user}
  - set_trait: {trait: tier, value: large}
"""
ACCOUNTS, RUNS, BATCHES, AT_ONCE = 8, 12, 40, 20
PRODUCTS, WORKERS = 3, 2


@pytest.mark.slow
def test_plays_and_the_product_write_the_same_rows_at_once(postgres_url: str, tmp_path: Path) -> None:
    """Three servers take in events and two workers set traits, of accounts that have one person in common."""
    engine = open_engine(postgres_url)
    rig = PlayRig(Database(engine), tmp_path / "mailbox")
    _begin(rig)
    ready = threading.Barrier(PRODUCTS + WORKERS)
    with ThreadPoolExecutor(PRODUCTS + WORKERS) as pool:
        reports = [pool.submit(_alone, rig, _report, postgres_url, ready, n) for n in range(PRODUCTS)]
        works = [pool.submit(_alone, rig, _advance, postgres_url, ready, n) for n in range(WORKERS)]
        accepted = sum(each.result() for each in reports)
        claimed = sum(each.result() for each in works)
    assert accepted == PRODUCTS * BATCHES * AT_ONCE and claimed == ACCOUNTS * RUNS
    _assert_nothing_is_lost(rig)
    assert fsck(rig.runtime) == []
    engine.dispose()


def _begin(rig: PlayRig) -> None:
    """Accounts with an admin each, and one consultant who belongs to all; runs about either."""
    rig.publish(plays__usage_drop=PLAY)
    for number in range(ACCOUNTS):
        rig.add_account(f"a{number}", motion="long_tail", touched=0)
        if number == 0:
            rig.add_user("consultant", "a0")
        else:
            rig.join("consultant", f"a{number}")
        for run in range(RUNS):
            person = "consultant" if run % 3 == 0 else f"a{number}-admin"
            wish = Wish("usage-drop", f"a{number}", person, occurrence=str(run), anyway=True, actor="robin")
            start_run(rig.runtime, WORKSPACE, wish)


def _alone(rig: PlayRig, deed: Callable[..., int], url: str, ready: threading.Barrier, number: int) -> int:
    """As a process of its own: its own connections, ids and dice."""
    engine, dice = open_engine(url), random.Random(number)
    runtime = dataclasses.replace(rig.runtime, db=Database(engine), new_id=uuid7, dice=dice.random)
    ready.wait(20)
    try:
        return deed(runtime, dice, number)
    finally:
        engine.dispose()


def _advance(runtime: Runtime, dice: random.Random, _number: int) -> int:
    """A worker that takes a few runs at a time. The clock stands, so what it gives up nobody takes up again."""
    claimed = 0
    while found := advance_due(runtime, WORKSPACE, limit=dice.randint(4, 12)):
        claimed += found
    return claimed


def _report(runtime: Runtime, dice: random.Random, number: int) -> int:
    """A product's server; returns how many events were new."""
    accepted = 0
    for batch in range(BATCHES):
        at = runtime.clock() - timedelta(seconds=BATCHES - batch)
        events = [_event(dice, f"{number}-{batch}-{each}", at.isoformat()) for each in range(AT_ONCE)]
        accepted += ingest(runtime, Sender(WORKSPACE, "server"), events, Envelope(runtime.clock())).accepted
    return accepted


def _event(dice: random.Random, message_id: str, at: str) -> dict[str, Any]:
    account = f"a{dice.randrange(ACCOUNTS)}"
    person = dice.choice(("consultant", f"{account}-admin"))
    about = {"messageId": message_id, "timestamp": at, "userId": person, "context": {"groupId": account}}
    kind = dice.choice(("track", "identify", "group"))
    if kind == "group":
        return make_event(**about, type="group", groupId=account, traits={"seats": 7, "tier": "small"})
    if kind == "identify":
        return make_event(**about, type="identify", traits={"city": "Berlin", "mood": "bad"})
    return make_event(**about)


def _assert_nothing_is_lost(rig: PlayRig) -> None:
    assert Counter((run.state, run.outcome) for run in rig.rows(PlayRun)) == {
        ("ended", "completed"): ACCOUNTS * RUNS
    }
    events = rig.rows(Event)
    assert len(events) == PRODUCTS * BATCHES * AT_ONCE + 3 * ACCOUNTS * RUNS
    uses = sum(event.feature is not None for event in events)
    assert uses == sum(total.total for total in rig.rows(UsageTotal)) > 0
    for account in rig.rows(Account):
        traits = {name: account.traits[name] for name in ("stage", "seats", "tier")}
        assert traits == {"stage": "grown", "seats": 7, "tier": "large"}, "the last word counts"
    for person in rig.rows(EndUser):
        assert (person.traits["mood"], person.traits["city"]) == ("good", "Berlin")
