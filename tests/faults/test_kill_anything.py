"""kill -9 of web, worker and Valkey at random while 20,000 events go in: nothing answered 200 is lost or doubled."""

from __future__ import annotations

import http.client
import json
import random
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.builders import WORKSPACE, add_key, add_workspace, make_runtime
from tests.faults.fleet import Fleet
from tests.waiting import until
from waypost_server.services.publish import publish
from waypost_server.store.database import Database

EVENTS, BATCH, SENDERS, KILLS = 20_000, 50, 4, 12
NUDGES = Path(__file__).parents[2] / "nudges"
LAUNCHING = ("Automation Created", "Trigger Added", "Step Added", "Automation Launched")
OTHERS = ("Automation Run", "Report Viewed", "Report Exported", "Template Used")


@pytest.fixture
def fleet(tmp_path: Path, database: Database, database_url: str) -> Iterator[Fleet]:
    """Web, worker and Valkey on a fresh database with the demo's definitions published."""
    add_workspace(database)
    files = {str(path.relative_to(NUDGES)): path.read_text() for path in NUDGES.rglob("*")
             if path.suffix in (".yaml", ".md") and path.name != "README.md"}  # fmt: skip
    publish(make_runtime(database), WORKSPACE, files, author="test", message="first")
    fleet = Fleet(tmp_path, database_url)
    fleet.start()
    try:
        fleet.wait_ready()
        yield fleet
    finally:
        fleet.stop()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_was_answered_200_is_there_once_and_no_mail_comes_twice(
    fleet: Fleet, database: Database
) -> None:
    """With twelve random kills among web, worker and Valkey, every confirmed event is stored exactly once,
    the counters equal the log, and no recipient finds the same mail twice."""
    key = add_key(database).text
    batches = list(_batches())
    confirmed: set[str] = set()
    done = threading.Event()
    killer = threading.Thread(target=_kill_at_random, args=(fleet, done, random.Random(7)))
    killer.start()
    try:
        with ThreadPoolExecutor(SENDERS) as pool:
            for ids in pool.map(lambda batch: _send_until_confirmed(fleet, key, batch), batches):
                confirmed |= ids
    finally:
        done.set()
        killer.join()
    assert len(confirmed) == EVENTS
    _assert_stored_once(database, confirmed)
    until("the workers to finish", lambda: _is_quiet(database), 120)
    _assert_no_mail_twice(fleet, database)


def _batches() -> Iterator[list[dict[str, Any]]]:
    """Events of 100 long-tail accounts that all launch their first automation, between much other use."""
    now = datetime.now(UTC).isoformat()
    dice = random.Random(1)
    events = []
    for number in range(EVENTS):
        account = f"account-{number % 100}"
        lap = number // 100
        name = LAUNCHING[lap // 40] if lap % 40 == 20 and lap // 40 < 4 else dice.choice(OTHERS)
        events.append({"type": "track", "messageId": f"m{number}", "userId": f"ada@{account}.example", "event": name,
                       "timestamp": now, "context": {"groupId": account}})  # fmt: skip
    for number in range(100):  # who they are comes first, in place of as many tracks
        account = f"account-{number}"
        events[number] = {
            "type": "identify", "messageId": f"m{number}", "userId": f"ada@{account}.example", "timestamp": now,
            "traits": {"name": "Ada", "email": f"ada@{account}.example", "role": "admin", "timezone": _daytime_zone()},
            "context": {"groupId": account},
        }  # fmt: skip
    for start in range(0, EVENTS, BATCH):
        yield events[start : start + BATCH]


def _daytime_zone() -> str:
    offset = 12 - datetime.now(UTC).hour  # local noon, so that quiet hours hold nothing back
    return f"Etc/GMT{-offset:+d}" if offset else "UTC"


def _send_until_confirmed(fleet: Fleet, key: str, batch: list[dict[str, Any]]) -> set[str]:
    body = json.dumps({"batch": batch, "sentAt": datetime.now(UTC).isoformat()}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    confirmed: list[set[str]] = []

    def attempt() -> bool:
        request = urllib.request.Request(f"{fleet.url}/v1/batch", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert json.load(answer)["rejected"] == []
        except urllib.error.HTTPError as error:
            assert error.code == 429, error.read()
            return False
        except (OSError, http.client.HTTPException):  # killed before, or while, it answered
            return False
        confirmed.append({event["messageId"] for event in batch})
        return True

    until("a batch to be confirmed", attempt, 120)
    return confirmed[0]


def _kill_at_random(fleet: Fleet, done: threading.Event, dice: random.Random) -> None:
    for _ in range(KILLS):
        if done.wait(dice.uniform(0.1, 1.2)):
            return
        role = dice.choice(("web", "worker", "valkey"))
        fleet.kill(role)
        fleet.start(role)


def _assert_stored_once(database: Database, confirmed: set[str]) -> None:
    with database.read() as session:
        stored = Counter(session.scalars(text("select message_id from event where workspace_id = :ws"),
                                         {"ws": WORKSPACE}))  # fmt: skip
        used = session.scalar(
            text("select sum(count) from usage_day where workspace_id = :ws"), {"ws": WORKSPACE}
        )
        total = session.scalar(
            text("select sum(total) from usage_total where workspace_id = :ws"), {"ws": WORKSPACE}
        )
        logged = session.scalar(text("select count(*) from event where workspace_id = :ws and feature is not null"),
                                {"ws": WORKSPACE})  # fmt: skip
    assert set(stored) == confirmed
    assert set(stored.values()) == {1}
    assert used == total == logged


def _is_quiet(database: Database) -> bool:
    with database.read() as session:
        return session.scalar(text(
            "select (select count(*) from account where evaluated < touched)"
            " + (select count(*) from delivery where state in ('pending', 'sending') and expires_at > created_at"
            "    and not_before <= (select max(created_at) from delivery))"
            " + (select count(*) from play_run where state = 'running')"
        )) == 0  # fmt: skip


def _assert_no_mail_twice(fleet: Fleet, database: Database) -> None:
    mails = [message_from_bytes(path.read_bytes()) for path in fleet.mailbox.rglob("*.eml")]
    copies = Counter((mail["To"], mail["Subject"]) for mail in mails)
    assert len(copies) >= 50, "the plays must have sent something for this to mean anything"
    assert set(copies.values()) == {1}
    with database.read() as session:
        sent = session.scalar(
            text("select count(*) from delivery where state = 'sent' and channel = 'email'")
        )
        unsure = session.scalar(
            text("select count(*) from delivery where state = 'unknown' and channel = 'email'")
        )
    assert sent <= len(mails) <= sent + unsure
