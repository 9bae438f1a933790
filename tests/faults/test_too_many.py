"""D8: a play that matches far too many people; the kill switch and the ceiling of a day hold."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.faults.test_restored import FREE, Post
from tests.services.play_rig import PlayRig
from tests.waiting import until
from waypost_server.channels.outcome import Outcome
from waypost_server.services.drain import drain
from waypost_server.services.fsck import check as fsck
from waypost_server.services.stop_sending import resume_sending, stop_sending
from waypost_server.store.database import Database

SOON_SECONDS = 5.0
FIRST = 16  # mails that leave before anybody notices


class TimedPost(Post):
    """Knows when the last mail left, and after the first ones waits for the switch: a slow machine would
    notice them only when all are out."""

    last = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.thrown = threading.Event()

    def send_all(self, mails, mark) -> dict[str, Outcome]:  # type: ignore[no-untyped-def]
        outcomes = super().send_all(mails, mark)
        self.last = time.monotonic()
        if len(self.recipients) >= FIRST:
            self.thrown.wait(60)
        return outcomes


@pytest.mark.parametrize(
    "people", [100, pytest.param(50_000, marks=[pytest.mark.fault_long, pytest.mark.timeout(600)])]
)
def test_the_switch_acts_in_seconds_and_no_more_than_the_ceiling_leave(
    people: int, database: Database, tmp_path: Path
) -> None:
    """Thrown in the middle; what waited goes when it is taken back, up to the ceiling, each once."""
    post, ceiling = TimedPost(), min(people // 2, 1000)
    rig = PlayRig(database, tmp_path, mailer=post)
    rig.publish(policy=f"{FREE}daily_ceiling: {ceiling}\n")
    rig.add_crowd(people, first_day=rig.clock.now.date() - timedelta(days=16))
    over = threading.Event()
    worker = threading.Thread(target=lambda: drain(rig.runtime, seconds=400, stop=over.is_set), daemon=True)
    worker.start()
    until("the first mails to leave", lambda: len(post.recipients) >= FIRST, 120)
    stop_sending(rig.runtime, WORKSPACE, actor="robin", reason="far too many people")
    thrown = time.monotonic()
    post.thrown.set()
    over.wait(SOON_SECONDS if people > 1000 else 1.0)  # it goes on deciding
    over.set()
    worker.join(100)
    assert post.last - thrown < SOON_SECONDS
    assert len(post.recipients) < ceiling
    resume_sending(rig.runtime, WORKSPACE, actor="robin")
    drain(rig.runtime, seconds=200, stop=lambda: post.last > thrown and time.monotonic() > post.last + 20)
    assert len(post.recipients) == ceiling and set(Counter(post.recipients).values()) == {1}
    assert fsck(rig.runtime) == []
