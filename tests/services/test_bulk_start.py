"""A play for every account that satisfies a condition: in chunks, stoppable, never twice, whatever dies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from tests.builders import WORKSPACE
from tests.services.play_rig import LONG_TAIL, STRATEGIC, PlayRig
from waypost_server.domain.conditions import ConditionError
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services import bulk_start
from waypost_server.services.bulk_start import advance_bulk, begin_bulk, stop_bulk
from waypost_server.services.fsck import check as fsck
from waypost_server.services.pause_play import pause_play, resume_play
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Audit, BulkStart, Delivery, PlayRun, Task

PLAY = """
key: usage-drop
title: A word to all
on: {person: true}
audience: {account.plan: {$ne: internal}}
goal: {feature: export}
long_tail:
  - wait: {days: 1}
  - webhook: crm-note
strategic:
  - task: {template: brief}
"""


@pytest.fixture
def rig(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlayRig:
    """Thirty accounts, ten to a chunk: every third is on the growth plan, one is strategic, one internal."""
    monkeypatch.setattr(bulk_start, "CHUNK", 10)
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish(plays__usage_drop=PLAY)
    rows: list[dict[str, Any]] = [
        {"workspace_id": WORKSPACE, "id": f"a{n:02d}", "motion": "long_tail",
         "traits": {"mrr": LONG_TAIL, "plan": "free" if n % 3 else "growth"}} for n in range(30)
    ]  # fmt: skip
    rows[3] |= {"motion": "strategic", "traits": {"mrr": STRATEGIC, "plan": "growth"}}
    rows[4]["traits"] = {"mrr": LONG_TAIL, "plan": "internal"}
    with rig.database.write() as session:
        session.execute(insert(Account), rows)
    return rig


def begin(rig: PlayRig, condition: dict[str, Any]) -> BulkStart:
    return begin_bulk(rig.runtime, WORKSPACE, "usage-drop", condition, actor="robin")


def bulk(rig: PlayRig) -> BulkStart:
    (found,) = rig.rows(BulkStart)
    assert isinstance(found, BulkStart)
    return found


def started(rig: PlayRig) -> set[str]:
    accounts = [run.account_id for run in rig.rows(PlayRun)]
    assert len(set(accounts)) == len(accounts)
    return set(accounts)


def test_those_of_whom_the_condition_holds_are_started_once(rig: PlayRig) -> None:
    """Each run knows who started it; the strategic account meets its own steps."""
    begin(rig, {"account.plan": "growth"})
    rig.drain()
    assert started(rig) == {f"a{n:02d}" for n in range(0, 30, 3)}
    row = bulk(rig)
    assert (row.state, row.total, row.looked_at, row.matched, row.started) == ("done", 30, 30, 10, 10)
    assert {run.cause["kind"] for run in rig.rows(PlayRun)} == {"bulk"} and fsck(rig.runtime) == []
    assert [task.account_id for task in rig.rows(Task)] == ["a03"] and not rig.rows(Delivery)


def test_how_an_account_is_served_is_a_condition_too(rig: PlayRig) -> None:
    """Segment and motion are read as they stand."""
    begin(rig, {"account.motion": "strategic"})
    rig.drain()
    assert started(rig) == {"a03"}


def test_everybody_means_everybody_the_play_is_for(rig: PlayRig) -> None:
    """Who was passed over is counted with the reason; who had the play is not met again."""
    begin(rig, {})
    rig.drain()
    assert started(rig) == {f"a{n:02d}" for n in range(30) if n != 4}
    assert bulk(rig).held == {"A word to all: the account is not in its audience.": 1}
    begin(rig, {"account.plan": "growth"})
    rig.drain()
    again = max(rig.rows(BulkStart), key=lambda row: row.id)
    assert (again.started, again.held) == (0, {"The play ran for it as often as it may.": 10})


def test_a_worker_that_dies_in_a_chunk_loses_and_doubles_nothing(rig: PlayRig) -> None:
    """The chunk is one transaction: it begins again where the last one ended."""
    begin(rig, {})
    calls = 0

    def dies(point: str) -> None:
        nonlocal calls
        calls += point == "bulk.before_commit"
        if calls == 2:
            raise SystemExit

    object.__setattr__(rig.runtime, "fault", dies)
    with pytest.raises(SystemExit):
        advance_bulk(rig.runtime, WORKSPACE)
    assert (bulk(rig).looked_at, len(started(rig))) == (10, 9)
    object.__setattr__(rig.runtime, "fault", lambda point: None)
    rig.drain()
    assert (bulk(rig).looked_at, bulk(rig).started, len(started(rig))) == (30, 29, 29)


def test_a_person_stops_it(rig: PlayRig) -> None:
    """No further account is met, and stopping twice is refused."""
    row = begin(rig, {})
    answers = iter([False, True])
    advance_bulk(rig.runtime, WORKSPACE, stop=lambda: next(answers))
    stop_bulk(rig.runtime, WORKSPACE, row.id, actor="robin")
    rig.drain()
    assert (bulk(rig).state, bulk(rig).looked_at, len(started(rig))) == ("stopped", 10, 9)
    with pytest.raises(ConflictError):
        stop_bulk(rig.runtime, WORKSPACE, row.id, actor="robin")
    with pytest.raises(NotFoundError):
        stop_bulk(rig.runtime, "another", row.id, actor="robin")
    assert {row.action for row in rig.rows(Audit)} >= {"play.bulk_started", "play.bulk_stopped"}


def test_it_waits_while_its_play_is_paused(rig: PlayRig) -> None:
    """And goes on where it was."""
    begin(rig, {})
    pause_play(rig.runtime, WORKSPACE, "usage-drop", actor="robin", reason="a word is wrong")
    rig.drain()
    assert (bulk(rig).state, bulk(rig).looked_at) == ("running", 0)
    resume_play(rig.runtime, WORKSPACE, "usage-drop", actor="robin")
    rig.drain()
    assert bulk(rig).state == "done"


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ({"acount.plan": "x"}, BadInputError),
        ({"user.role": "admin"}, BadInputError),
        ({"account.plan": {"$inn": 1}}, ConditionError),
    ],
)
def test_what_no_account_can_satisfy_is_refused(rig: PlayRig, condition: Any, error: type[Exception]) -> None:
    """A typo starts nothing."""
    with pytest.raises(error):
        begin(rig, condition)
    assert not rig.rows(BulkStart)
