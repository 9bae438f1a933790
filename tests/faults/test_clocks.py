"""A11: workers whose clocks are two hours off, and the nights on which a clock is changed."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.builders import Clock
from tests.services.play_rig import POLICY, PlayRig
from waypost_server.domain.policy import QuietHours
from waypost_server.domain.quiet_hours import quiet_until
from waypost_server.services.drain import drain
from waypost_server.services.fsck import check as fsck
from waypost_server.services.recover import recover
from waypost_server.services.runtime import Runtime
from waypost_server.store.database import Database, open_engine
from waypost_server.store.tables import Delivery
from waypost_server.workers.worker import _on_database_time

FREE = POLICY.replace('{start: "20:00", end: "08:00"}', "null") + "approval: null\n"
NIGHT = QuietHours("20:00", "08:00")
BERLIN = ZoneInfo("Europe/Berlin")


def test_three_workers_with_three_clocks_send_each_mail_once(postgres_url: str, tmp_path: Path) -> None:
    """PostgreSQL's clock is everybody's: no lease is taken early, and nothing is sent twice."""
    engine = open_engine(postgres_url)
    rig = PlayRig(Database(engine), tmp_path / "mailbox", clock=Clock(datetime.now(UTC)))
    rig.publish(policy=FREE)
    for each in range(40):
        rig.add_account(f"a{each}", first_day=rig.clock.now.date() - timedelta(days=16))
    workers = [_with_clock(rig.runtime, timedelta(hours=off)) for off in (0, 2, -2)]
    assert all(abs(each.clock() - datetime.now(UTC)) < timedelta(seconds=5) for each in workers)

    def work(runtime: Runtime) -> None:
        for _ in range(3):
            recover(runtime)
            drain(runtime)

    threads = [threading.Thread(target=work, args=(each,)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(row.state for row in rig.rows(Delivery)) == {"sent": 40}
    assert set(Counter(mail["To"] for mail in rig.mails()).values()) == {1}
    assert {row.attempts for row in rig.rows(Delivery)} == {1}, "nobody took what another one held"
    rig.clock.now = datetime.now(UTC)
    assert fsck(rig.runtime) == []
    engine.dispose()


def _with_clock(runtime: Runtime, off: timedelta) -> Runtime:
    ids = iter(range(1_000_000))
    name = f"w{off.total_seconds():.0f}"
    return _on_database_time(
        dataclasses.replace(
            runtime, clock=lambda: datetime.now(UTC) + off, new_id=lambda: f"{name}-{next(ids):06d}"
        )
    )


@pytest.mark.parametrize(
    ("now", "until"),
    [
        # 29 March 2026: 02:00 becomes 03:00, so the night is an hour shorter
        ("2026-03-28T19:30:00+00:00", "2026-03-29T06:00:00+00:00"),
        ("2026-03-29T01:30:00+00:00", "2026-03-29T06:00:00+00:00"),
        ("2026-03-29T06:00:00+00:00", None),
        # 25 October 2026: 03:00 becomes 02:00, so it is an hour longer
        ("2026-10-24T18:30:00+00:00", "2026-10-25T07:00:00+00:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T07:00:00+00:00"),
        ("2026-10-25T01:30:00+00:00", "2026-10-25T07:00:00+00:00"),
        ("2026-10-25T07:00:00+00:00", None),
    ],
)
def test_quiet_hours_end_at_the_local_morning_when_clocks_change(now: str, until: str | None) -> None:
    """Eight o'clock in Berlin, whatever the hour before was called."""
    found = quiet_until(datetime.fromisoformat(now), NIGHT, BERLIN)
    assert found == (datetime.fromisoformat(until) if until else None)
