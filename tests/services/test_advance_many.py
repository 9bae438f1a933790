"""Runs are visited many at a time, and a run that fails stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.services import advance_play
from waypost_server.services.advance_play import advance_due
from waypost_server.services.fsck import check as fsck
from waypost_server.services.play_run_context import RunContext
from waypost_server.store import play_runs
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, PlayRun, StepRun


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    return rig


def add_runs(rig: PlayRig, count: int, **changes: object) -> None:
    """Due runs of the usage drop, each for an account of its own."""
    now = rig.clock.now
    run = {"workspace_id": WORKSPACE, "play": "usage-drop", "release": 1, "motion": "long_tail", "signal_id": "",
           "occurrence": "o", "state": "running", "due_at": now, "started_at": now, **changes}  # fmt: skip
    with rig.database.write() as session:
        accounts = [
            {"workspace_id": WORKSPACE, "id": f"a{n:03d}", "motion": "long_tail"} for n in range(count)
        ]
        session.execute(insert(Account), accounts)
        session.execute(
            insert(PlayRun), [{**run, "id": f"r{n:03d}", "account_id": f"a{n:03d}"} for n in range(count)]
        )


def test_every_run_of_a_batch_is_moved_and_given_back(rig: PlayRig) -> None:
    """Past its last step each run ends; nothing stays claimed and every story says so."""
    add_runs(rig, 250, step=5)
    assert advance_due(rig.runtime, WORKSPACE) == 250
    assert {(row.state, row.outcome, row.claims, row.fence) for row in rig.rows(PlayRun)} == {
        ("ended", "completed", 0, None)
    }
    assert {(row.seq, row.kind, row.note) for row in rig.rows(StepRun)} == {(0, "end", "All steps are done.")}
    assert len(rig.rows(StepRun)) == 250
    assert fsck(rig.runtime) == []


def test_a_run_that_fails_leaves_the_others_alone(rig: PlayRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch is undone, its runs are visited one by one, and only the culprit stays where it was."""
    add_runs(rig, 5)
    act = advance_play.act

    def fails(context: RunContext, *rest: object) -> advance_play.Line:
        if context.account.id == "a002":
            raise ValueError("broken")
        return act(context, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(advance_play, "act", fails)
    advance_due(rig.runtime, WORKSPACE)
    assert {row.id: (row.state, row.step, row.claims) for row in rig.rows(PlayRun)} == {
        f"r{n:03d}": ("running", 0, 1) if n == 2 else ("waiting", 1, 0) for n in range(5)
    }
    assert {row.run_id for row in rig.rows(StepRun)} == {"r000", "r001", "r003", "r004"}


def test_a_run_that_another_worker_took_over_is_left_to_it(rig: PlayRig) -> None:
    """Between the claim and the visit the lease was lost: the visit writes nothing about that run."""
    add_runs(rig, 2, step=5)

    def taken(point: str) -> None:
        if point == "advance.claimed":
            rig.sql("update play_run set fence = 'somebody else' where id = 'r000'")

    object.__setattr__(rig.runtime, "fault", taken)
    advance_due(rig.runtime, WORKSPACE)
    assert {row.id: (row.state, row.fence) for row in rig.rows(PlayRun)} == {
        "r000": ("running", "somebody else"),
        "r001": ("ended", None),
    }
    assert [row.run_id for row in rig.rows(StepRun)] == ["r001"]


def test_a_run_lost_in_the_middle_of_a_visit_undoes_the_visit(
    rig: PlayRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease ended meanwhile: nothing is told twice, and the others are visited by themselves."""
    add_runs(rig, 3, step=5)
    tell = play_runs.tell

    def taken(session: Session, workspace_id: str, lines: Sequence[tuple[Any, ...]]) -> None:
        tell(session, workspace_id, lines)
        session.execute(text("update play_run set fence = 'somebody else' where id = 'r001'"))

    monkeypatch.setattr(play_runs, "tell", taken)
    advance_due(rig.runtime, WORKSPACE)
    assert {row.run_id for row in rig.rows(StepRun)} == {"r000", "r002"}
    assert {row.id: row.state for row in rig.rows(PlayRun)} == {
        "r000": "ended",
        "r001": "running",
        "r002": "ended",
    }


def test_a_goal_of_one_account_ends_its_run_and_no_other(rig: PlayRig) -> None:
    """What is asked of all accounts at once is still counted account by account."""
    add_runs(rig, 3, step=1, started_at=rig.clock.now - timedelta(days=20))
    rig.use("a001", [rig.clock.now.date() - timedelta(days=back) for back in (1, 8)])
    rig.use("a002", [rig.clock.now.date() - timedelta(days=1)])
    advance_due(rig.runtime, WORKSPACE)
    assert {row.id: (row.state, row.outcome) for row in rig.rows(PlayRun)} == {
        "r000": ("waiting", None),
        "r001": ("ended", "goal_reached"),
        "r002": ("waiting", None),
    }
