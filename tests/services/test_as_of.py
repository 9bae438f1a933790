"""Asked about the past, the system gives the answer it gave then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.month import START, Month
from waypost_server.domain.errors import BadInputError
from waypost_server.services.as_of import as_of
from waypost_server.services.decide import Question, decide
from waypost_server.services.explain import explain
from waypost_server.store.database import Database


@pytest.mark.slow
def test_the_past_answers_as_it_did(database: Database, tmp_path: Path) -> None:
    """Every decision of a month with late and repeated events, claims, plays and three releases, replayed."""
    month = Month(database, tmp_path, seed=11)
    month.live(30)
    runtime, seen = month.rig.runtime, set()
    chosen = month.answers[::2] if database.is_sqlite else month.answers[1::4]
    for at, user, account, (release, keys, held) in chosen:
        with as_of(runtime, WORKSPACE, user, account, at) as then:
            again = decide(then, WORKSPACE, Question(user, account, explain=True))
        assert (again.release, again.keys) == (release, keys), (at, user)
        assert {each.key: (each.held.reason, each.held.detail) for each in again.held or ()} == held, (
            at,
            user,
        )
        seen |= {release, *(reason for reason, _ in held.values()), *keys}
    assert len(chosen) > 50
    assert {1, 2, 3, "audience", "frequency", "claimed_elsewhere", "budget", "late", "export-tip"} <= seen


def test_explain_takes_a_moment(database: Database, tmp_path: Path) -> None:
    """The explanation of a moment names it, its release, and what nobody can know any more."""
    month = Month(database, tmp_path, seed=5)
    month.live(2)
    told = explain(month.rig.runtime, WORKSPACE, "u1", "acc1", at=START + timedelta(hours=20))
    assert told["past"] is True and told["release"] == 2 and told["unknowable"]
    assert told["at"] == "2026-11-02T04:00:00Z" and told["member"] is True
    before = explain(month.rig.runtime, WORKSPACE, "u1", "acc1", at=START - timedelta(days=1))
    assert before["release"] == 0 and before["nudges"] == []
    with pytest.raises(BadInputError, match="not come yet"):
        explain(month.rig.runtime, WORKSPACE, "u1", None, at=START + timedelta(days=99))
