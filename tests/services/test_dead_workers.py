"""What a dead worker held is taken up within its lease and a sweep, however much fresh work there is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.builders import WORKSPACE, make_runtime
from tests.services.play_rig import PlayRig
from waypost_server.channels.mailbox import MailboxMailer
from waypost_server.channels.smtp import BODY_SECONDS, REPLY_SECONDS
from waypost_server.services.deliver import deliver_due
from waypost_server.services.deliver_mail import LEASE
from waypost_server.services.drain import drain
from waypost_server.services.recover import recover
from waypost_server.store import due
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Delivery, PlayRun
from waypost_server.workers.sweep import SECONDS, SPREAD


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    return rig


def add(rig: PlayRig, kind: str, count: int) -> None:
    """Runs past their last step, and webhooks nobody can send, for accounts of their own."""
    now, ids = rig.clock.now, [f"{kind}-{n:03d}" for n in range(count)]
    with rig.database.write() as session:
        session.execute(
            insert(Account), [{"workspace_id": WORKSPACE, "id": each, "motion": "long_tail"} for each in ids]
        )
        run = {"workspace_id": WORKSPACE, "play": "usage-drop", "release": 1, "motion": "long_tail", "signal_id": "",
               "occurrence": "o", "state": "running", "step": 5, "due_at": now, "started_at": now}  # fmt: skip
        session.execute(insert(PlayRun), [{**run, "id": each, "account_id": each} for each in ids])
        post = {"workspace_id": WORKSPACE, "channel": "email", "kind": "transactional", "template": "tips",
                "play": "usage-drop", "release": 1, "recipient": "a@example.com", "state": "pending", "not_before": now,
                "expires_at": now + timedelta(days=1), "created_at": now}  # fmt: skip
        session.execute(
            insert(Delivery), [{**post, "id": each, "account_id": each, "dedupe_key": each} for each in ids]
        )


@pytest.mark.slow
def test_its_other_work_resumes_within_ninety_seconds(rig: PlayRig) -> None:
    """Twenty runs and messages of a dead worker, beside more fresh ones than a round can take."""
    add(rig, "dead", 20)
    now = rig.clock.now
    held = {"now": now, "limit": 100, "lease_until": now + timedelta(seconds=60), "fence": "dead"}
    with rig.database.write() as session:
        assert len(due.claim_runs(session, WORKSPACE, **held)) == 20
        assert len(due.claim_deliveries(session, WORKSPACE, **held)) == 20
    rig.clock.move(seconds=75)
    recover(rig.runtime)
    add(rig, "fresh", 60)
    turns = iter([False] * 41)  # a worker that stops before it comes to anything fresh
    drain(rig.runtime, stop=lambda: next(turns, True))
    assert {row.state for row in rig.rows(PlayRun) if row.id.startswith("dead")} == {"ended"}
    assert {row.state for row in rig.rows(Delivery) if row.id.startswith("dead")} == {"sent"}
    assert not [row for row in rig.rows(PlayRun) if row.id.startswith("fresh") and row.state == "ended"]
    drain(rig.runtime)
    assert {row.state for row in rig.rows(PlayRun)} == {"ended"}


SWEEP = SECONDS * (1 + SPREAD)  # at most, from one sweep to the next


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("point", ["deliver.claimed", "deliver.checked", "mailbox.marked"])
def test_mails_of_a_killed_worker_leave_within_ninety_seconds(rig: PlayRig, point: str) -> None:
    """Whatever it was doing with the second of five: the others, and that one if nothing of it had left."""
    add(rig, "dead", 5)
    passed = iter([point == "deliver.claimed", True])

    def kill(name: str) -> None:
        if name == point and next(passed):
            raise _Killed

    box = MailboxMailer(rig.folder, fault=kill)
    with pytest.raises(_Killed):
        deliver_due(make_runtime(rig.database, rig.clock, mailer=box, fault=kill), WORKSPACE)
    rig.clock.move(seconds=90 - SWEEP)
    recover(rig.runtime)
    drain(rig.runtime)
    ends = sorted(row.state for row in rig.rows(Delivery))
    assert ends == ["sent"] * 4 + ["unknown" if point == "mailbox.marked" else "sent"]


def test_a_group_of_mails_is_over_before_its_lease() -> None:
    """What the mailer may wait for between two renewals is shorter than the lease, with time to commit."""
    assert LEASE.total_seconds() > BODY_SECONDS + 10 and LEASE.total_seconds() > REPLY_SECONDS + 10


def test_a_row_that_killed_its_worker_comes_alone(rig: PlayRig) -> None:
    """It cannot take its neighbours down again: a claim of one takes it first, a claim of many never with others."""
    add(rig, "run", 5)
    rig.sql("update play_run set claims = 1 where id in ('run-003', 'run-004')")
    now = rig.clock.now
    seen = []
    for limit in (1, 100, 100, 100):
        held = {"now": now, "limit": limit, "lease_until": now + timedelta(seconds=60), "fence": "f"}
        with rig.database.write() as session:
            seen.append(sorted(row.id for row in due.claim_runs(session, WORKSPACE, **held)))
    assert seen[0] + seen[2] in (["run-003", "run-004"], ["run-004", "run-003"])
    assert seen[1] == ["run-000", "run-001", "run-002"] and seen[3] == []
