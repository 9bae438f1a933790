"""What becomes due within moments does not wait for a sweep; in real time."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import POLICY, PlayRig
from waypost_server.channels.chat import ChatPost, Mark
from waypost_server.channels.outcome import Outcome, Sent
from waypost_server.services import endpoints
from waypost_server.services.put_notice import Notice, put_notice
from waypost_server.store.database import Database
from waypost_server.workers.drainer import Drainer
from waypost_server.workers.soon import Soon

pytestmark = pytest.mark.slow
MESSAGES = 3


class Watch:
    """Notes when each message leaves; sets `done` with the last."""

    def __init__(self) -> None:
        self.at: list[datetime] = []
        self.done = threading.Event()

    def can_post(self, address: str) -> bool:
        return True

    def post(self, post: ChatPost, mark: Mark) -> Outcome:
        assert mark()
        self.at.append(datetime.now(UTC))
        if len(self.at) == MESSAGES:
            self.done.set()
        return Sent()


def test_messages_to_a_room_leave_a_second_apart_and_not_a_sweep_apart(
    database: Database, tmp_path: Path
) -> None:
    """Three messages in a little more than two seconds, by one drain and the thread that looks what comes next."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish(policy=POLICY + "chat: {cs-team: {service: slack}}\n")
    name = ("chat", "cs-team")
    endpoints.set_address(rig.runtime, WORKSPACE, name, actor="marta", address="https://chat.example/x")
    watch, stopping = Watch(), threading.Event()
    runtime = dataclasses.replace(rig.runtime, chat=watch, clock=lambda: datetime.now(UTC))
    for n in range(MESSAGES):
        with database.write() as session:
            notice = Notice(f"{n}", "Words.", dedupe=f"{n}")
            put_notice(session, runtime, WORKSPACE, channel="chat", recipient="cs-team", notice=notice)
    drainer = Drainer(runtime, stopping)
    Soon(runtime, drainer).start()
    drainer.drain()
    assert watch.done.wait(10)
    stopping.set()
    drainer.drained.set()
    assert all((later - earlier).total_seconds() >= 1 for earlier, later in pairwise(watch.at))
