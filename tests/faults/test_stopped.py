"""A8: a worker is stopped for five minutes in the middle of a send, as on a frozen machine, and then goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import Clock
from tests.faults.processes import SECRET, worker
from tests.faults.sinks import SlowSink, smtp_sink
from tests.services.play_rig import POLICY, PlayRig
from tests.waiting import until
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database, open_engine
from waypost_server.store.tables import Attempt, Delivery

FREE = POLICY.replace('{start: "20:00", end: "08:00"}', "null") + "approval: null\n"
STOPPED_SECONDS = 300.0
TAKEN_OVER_SECONDS = 150.0
pytestmark = [pytest.mark.slow, pytest.mark.fault_long, pytest.mark.timeout(600)]


@dataclass
class Scene:
    """One database with one mail to send, and the worker that has it."""

    rig: PlayRig
    sink: SlowSink
    stopped: subprocess.Popen[bytes]


def test_a_worker_that_was_stopped_for_five_minutes_sends_nothing(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    """Another one takes the mail over; who wakes up finds that it is not his any more. Both databases wait together."""
    with ExitStack() as stack:
        scenes = [stack.enter_context(_scene(url, tmp_path / url[:6])) for url in (sqlite_url, postgres_url)]
        began = time.monotonic()
        for scene in scenes:
            until("another worker to send it", lambda scene=scene: _ended(scene) == 1, TAKEN_OVER_SECONDS)
            assert len(scene.sink.messages) == 1
        time.sleep(max(0.0, began + STOPPED_SECONDS - time.monotonic()))
        for scene in scenes:
            os.kill(scene.stopped.pid, signal.SIGCONT)
            scene.rig.add_account("next", first_day=scene.rig.clock.now.date() - timedelta(days=16))
        for scene in scenes:
            until("the workers to go on together", lambda scene=scene: _ended(scene) == 2, 60)
            _assert_sent_once(scene)


@contextmanager
def _scene(url: str, folder: Path) -> Iterator[Scene]:
    folder.mkdir()
    engine, sink = open_engine(url), SlowSink()
    with smtp_sink(sink) as (_, port):
        rig = PlayRig(Database(engine), folder / "unused", clock=Clock(datetime.now(UTC)), secret=SECRET)
        rig.publish(policy=FREE)
        rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16))
        to = {"smtp_host": "127.0.0.1", "smtp_port": str(port), "smtp_starttls": "0"}
        with worker(url, folder / "stopped.log", **to) as stopped:
            assert sink.asked.wait(60), "nobody began to send"
            os.kill(stopped.pid, signal.SIGSTOP)
            sink.open.set()
            with worker(url, folder / "other.log", **to):
                yield Scene(rig, sink, stopped)
    engine.dispose()


def _ended(scene: Scene) -> int:
    return sum(row.ended_at is not None for row in scene.rig.rows(Delivery))


def _assert_sent_once(scene: Scene) -> None:
    assert sorted(scene.sink.recipients) == ["acme-admin@example.com", "next-admin@example.com"]
    assert {row.state for row in scene.rig.rows(Delivery)} == {"sent"}
    assert [row.outcome for row in scene.rig.rows(Attempt)] == ["sent", "sent"]
    assert scene.stopped.poll() is None, "it lives"
    scene.rig.clock.now = datetime.now(UTC)
    assert fsck(scene.rig.runtime) == []
