"""kill -9 at every point of sending a mail: never two copies, and what cannot be known is said to be unknown."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import Clock
from tests.faults.processes import SECRET, worker_dies_at
from tests.faults.sinks import SmtpSink, smtp_sink
from tests.services.play_rig import POLICY, PlayRig
from waypost_server.channels.smtp import SmtpMailer
from waypost_server.services.fsck import check as fsck
from waypost_server.services.recover import recover
from waypost_server.store.database import Database
from waypost_server.store.tables import Delivery

pytestmark = pytest.mark.slow

SENT_LATER = [
    "deliver.before_claim",
    "deliver.claimed",
    "deliver.checked",
    "smtp.rcpt",
    "smtp.data",
    "smtp.half",
    "smtp.body",
]
UNKNOWABLE = ["smtp.marked", "smtp.dot", "smtp.replied"]
DECIDING = ["evaluate.claimed", "evaluate.committed", "advance.claimed", "advance.before_commit"]
NEVER_QUIET = POLICY.replace('{start: "20:00", end: "08:00"}', "null")


def _rig(database: Database, folder: Path, port: int) -> PlayRig:
    now = datetime.now(UTC)
    mailer = SmtpMailer("127.0.0.1", port, starttls=False)
    rig = PlayRig(database, folder / "mailbox", clock=Clock(now), mailer=mailer, secret=SECRET)
    rig.publish(policy=NEVER_QUIET)
    rig.add_account(first_day=now.date() - timedelta(days=16))
    return rig


def _recover(rig: PlayRig) -> Delivery:
    """As a minute later: leases are over, another worker sweeps and works."""
    rig.clock.move(minutes=3)
    recover(rig.runtime)
    rig.drain()
    assert rig.runtime.mailer is not None
    rig.runtime.mailer.close()
    (delivery,) = rig.rows(Delivery)
    return delivery


def _copies(sink: SmtpSink) -> int:
    return len(sink.messages)


@pytest.mark.parametrize("point", SENT_LATER)
def test_before_the_commit_point_it_is_sent_by_another_worker_once(
    point: str, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Death before the mark costs time, not mail."""
    with smtp_sink() as (sink, port):
        rig = _rig(database, tmp_path, port)
        assert worker_dies_at(point, database_url, port) == -signal.SIGKILL
        assert _copies(sink) == 0
        delivery = _recover(rig)
        assert (delivery.state, _copies(sink)) == ("sent", 1)
        assert fsck(rig.runtime) == []


@pytest.mark.parametrize("point", UNKNOWABLE)
def test_after_the_commit_point_it_is_unknown_and_never_sent_again(
    point: str, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Death after the mark leaves at most one copy, and a state that a person sees."""
    with smtp_sink() as (sink, port):
        rig = _rig(database, tmp_path, port)
        assert worker_dies_at(point, database_url, port) == -signal.SIGKILL
        delivery = _recover(rig)
        assert delivery.state == "unknown" and "died after" in delivery.reason
        rig.clock.move(hours=5)
        rig.drain()
        assert _copies(sink) == (0 if point == "smtp.marked" else 1)
        assert fsck(rig.runtime) == []


@pytest.mark.parametrize("point", ["smtp.body", "smtp.marked", "smtp.dot", "smtp.replied"])
def test_a_group_that_dies_together_never_sends_anything_twice(
    point: str, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Four mails share a mark: each has one copy at most, and is either sent once or said to be unknown."""
    with smtp_sink() as (sink, port):
        rig = _rig(database, tmp_path, port)
        for n in range(3):
            rig.add_account(f"a{n}", first_day=rig.clock.now.date() - timedelta(days=16))
        assert worker_dies_at(point, database_url, port) == -signal.SIGKILL
        rig.clock.move(minutes=3)
        recover(rig.runtime)
        rig.drain()
        assert rig.runtime.mailer is not None
        rig.runtime.mailer.close()
        states = {row.recipient: row.state for row in rig.rows(Delivery)}
        assert len(states) == 4 and len(set(sink.recipients)) == len(sink.recipients)
        wanted = "sent" if point == "smtp.body" else "unknown"
        assert wanted in states.values() and set(states.values()) <= {"sent", "unknown"}
        assert {to for to, state in states.items() if state == "sent"} <= set(sink.recipients)
        assert fsck(rig.runtime) == []


def test_after_the_last_commit_it_is_sent(database: Database, database_url: str, tmp_path: Path) -> None:
    """Death after everything is written changes nothing."""
    with smtp_sink() as (sink, port):
        rig = _rig(database, tmp_path, port)
        assert worker_dies_at("deliver.settled", database_url, port) == -signal.SIGKILL
        delivery = _recover(rig)
        assert (delivery.state, _copies(sink)) == ("sent", 1)


@pytest.mark.parametrize(
    "point", ["evaluate.claimed", "evaluate.committed", "advance.claimed", "advance.before_commit"]
)
def test_death_between_noticing_and_deciding_leaves_one_signal_one_run_one_mail(
    point: str, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Every transaction happens whole or not at all, and is done again."""
    with smtp_sink() as (sink, port):
        rig = _rig(database, tmp_path, port)
        assert worker_dies_at(point, database_url, port) == -signal.SIGKILL
        delivery = _recover(rig)
        assert (delivery.state, _copies(sink)) == ("sent", 1)
        assert fsck(rig.runtime) == []
