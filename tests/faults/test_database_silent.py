"""A9, P13: PostgreSQL falls silent, or ends every session again and again, while requests and a worker need it."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.api.ingest_rig import Rig
from tests.builders import make_event
from tests.faults.chaos_tcp import Proxy, proxy
from tests.services.play_rig import POLICY, PlayRig
from tests.waiting import until
from waypost_server.channels.mailbox import MailboxMailer
from waypost_server.services.drain import drain
from waypost_server.services.fsck import check as fsck
from waypost_server.services.recover import recover
from waypost_server.store.database import Database, open_engine
from waypost_server.store.tables import Delivery

FREE = POLICY.replace('{start: "20:00", end: "08:00"}', "null") + "approval: null\n"
REPLY_SECONDS = 2.0
BUSY_SECONDS = 0.5  # more, for the test's own threads on a machine with other work
BACK_SECONDS = 10.0
pytestmark = pytest.mark.slow
LONG = [pytest.mark.fault_long, pytest.mark.timeout(300)]


@pytest.fixture
def line(postgres_url: str) -> Iterator[Proxy]:
    """The way to the database's server."""
    folder = postgres_url.partition("host=")[2]
    with proxy(f"{folder}/.s.PGSQL.5432") as made:
        yield made


def _through(line: Proxy, url: str) -> str:
    name = url.partition("?")[0].rpartition("/")[2]
    return f"postgresql://postgres@127.0.0.1:{line.port}/{name}"


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=LONG)])
def test_while_the_database_is_silent_every_request_is_answered(
    line: Proxy, postgres_url: str, seconds: int
) -> None:
    """429 with a time to come back, on connections old and new, and 200 soon after without a restart."""
    rig = Rig(_through(line, postgres_url))
    sent = iter(range(1_000_000))

    def post() -> tuple[int, float]:
        began, body = time.monotonic(), {"batch": [make_event(messageId=f"m{next(sent)}")]}
        headers = {"Authorization": f"Bearer {rig.secret.text}"}
        answer = rig.app.test_client().post("/v1/batch", json=body, headers=headers)
        if answer.status_code == 429:
            assert 1 <= int(answer.headers["Retry-After"]) <= 300
        return answer.status_code, time.monotonic() - began

    with ThreadPoolExecutor(4) as pool:
        assert {status for status, _ in pool.map(lambda _: post(), range(8))} == {200}
        line.silence()
        end, answers = time.monotonic() + seconds, []
        while time.monotonic() < end:
            answers += pool.map(lambda _: post(), range(4))
        assert {status for status, _ in answers} == {429}
        assert max(took for _, took in answers) < REPLY_SECONDS + BUSY_SECONDS
        line.speak()
        until("the database to be found again", lambda: post()[0] == 200, BACK_SECONDS)
        late = list(pool.map(lambda _: post(), range(20)))
    assert {status for status, _ in late} == {200}
    with rig.database.read() as session:
        stored = session.scalar(text("select count(*) from event"))
    assert stored >= 8 + 1 + 20
    assert fsck(rig.app.extensions["waypost"]) == []
    rig.close()


@pytest.mark.parametrize(
    ("accounts", "seconds"), [(20, 3.0), pytest.param(300, 60.0, marks=LONG)], ids=["short", "long"]
)
@pytest.mark.parametrize("trouble", ["silent", "ended"])
def test_a_worker_in_trouble_sends_everything_once(
    trouble: str, accounts: int, seconds: float, line: Proxy, postgres_url: str, tmp_path: Path
) -> None:
    """Silence in the middle, or every session ended each half second: all is sent, or said to be unknown."""
    engine = open_engine(postgres_url)
    rig = PlayRig(Database(engine), tmp_path / "mailbox")
    rig.publish(policy=FREE)
    for each in range(accounts):
        rig.add_account(f"a{each}", first_day=rig.clock.now.date() - timedelta(days=16))
    theirs = Database(open_engine(_through(line, postgres_url)))
    runtime = dataclasses.replace(rig.runtime, db=theirs, mailer=MailboxMailer(rig.folder))
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            try:
                rig.clock.move(seconds=30)  # leases of what was cut off end soon
                recover(runtime)
                drain(runtime, stop=over.is_set)
            except SQLAlchemyError:
                over.wait(0.1)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    _make_trouble(trouble, line, rig.database, seconds)
    until("every mail to come to an end", lambda: _ended(rig) == accounts, 200)
    over.set()
    worker.join(20)
    recipients = [mail["To"] for mail in rig.mails()]
    assert len(recipients) == len(set(recipients))
    states = {row.recipient: row.state for row in rig.rows(Delivery)}
    assert set(states.values()) <= {"sent", "unknown"}
    assert {to for to, state in states.items() if state == "sent"} <= set(recipients)
    assert fsck(rig.runtime) == []
    theirs.engine.dispose()
    engine.dispose()


def _make_trouble(trouble: str, line: Proxy, database: Database, seconds: float) -> None:
    end = time.monotonic() + seconds
    if trouble == "silent":
        line.silence()
        time.sleep(seconds)
        line.speak()
        return
    while time.monotonic() < end:
        with database.write() as session:
            session.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
            )
        time.sleep(0.5)


def _ended(rig: PlayRig) -> int:
    with rig.database.read() as session:
        ended = session.scalar(text("select count(*) from delivery where ended_at is not null"))
    return int(ended or 0)
