"""An account with very many people is evaluated in short transactions, and nothing is said twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import WORKSPACE, Clock
from tests.services.play_rig import PlayRig
from waypost_server.domain.signals import Finding
from waypost_server.domain.signals.judge import Verdict
from waypost_server.services import evaluate
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, PlayRun, Signal

JOURNEY = """
milestones:
  first_launch:
    title: First automation live
    scope: account
    steps: [{key: launch, title: Launch it, feature: launch}]
  first_export:
    title: First report shared
    scope: user
    due_days: 5
    steps: [{key: export, title: Export it, feature: export}]
"""
OVERDUE = """
key: launch-overdue
title: Their first report is overdue
on: {signal: milestone_overdue, milestone: first_export}
every_days: 60
long_tail:
  - wait: {days: 3}
"""
PEOPLE = 8


class Death(BaseException):
    """As if the process were gone: nothing below catches it."""


def overdue(database: Database, folder: Path) -> PlayRig:
    """An account of eight people, all of whom are late with their own milestone."""
    rig = PlayRig(database, folder)
    rig.publish(journey=JOURNEY, plays__launch_overdue=OVERDUE)
    rig.add_account()
    for number in range(1, PEOPLE):
        rig.add_user(f"user-{number}", "acme", role=None)
    rig.clock.move(days=10)
    return rig


def evaluated(rig: PlayRig) -> Account:
    """The account, after whatever is due was evaluated."""
    while evaluate.evaluate_due(rig.runtime, WORKSPACE):
        pass
    [account] = rig.rows(Account)
    assert isinstance(account, Account)
    return account


def test_more_findings_than_a_transaction_takes_are_all_opened_and_answered_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight signals in parts of three; the play starts once, and the account is given back."""
    monkeypatch.setattr(evaluate, "CHANGES", 3)
    rig = overdue(database, tmp_path)
    account = evaluated(rig)
    signals = rig.rows(Signal)
    assert len({signal.user_id for signal in signals}) == len(signals) == PEOPLE
    assert Counter((signal.state, signal.handling) for signal in signals) == {
        ("open", "run"): 1,
        ("open", "none"): PEOPLE - 1,  # the play starts for the account, and it has
    }
    assert (account.evaluated, account.lease_until, account.claims) == (account.touched, None, 0)


def test_a_worker_that_dies_between_two_parts_leaves_the_rest_to_the_next(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was committed stays, what was not is found again when the lease is over."""
    monkeypatch.setattr(evaluate, "CHANGES", 3)
    rig = overdue(database, tmp_path)
    write, parts = evaluate._write, iter((True, False))

    def dies(*given: Any, **named: Any) -> None:
        if not next(parts, True):
            raise Death
        write(*given, **named)

    monkeypatch.setattr(evaluate, "_write", dies)
    with pytest.raises(Death):
        evaluate.evaluate_due(rig.runtime, WORKSPACE)
    assert len(rig.rows(Signal)) == 3
    rig.clock.move(seconds=61)
    evaluated(rig)
    assert len(rig.rows(Signal)) == PEOPLE
    assert len(rig.rows(PlayRun)) == 1


def test_many_signals_that_are_over_are_all_closed(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The milestone is due for nobody any more."""
    monkeypatch.setattr(evaluate, "CHANGES", 3)
    rig = overdue(database, tmp_path)
    evaluated(rig)
    rig.publish()
    rig.touch()
    evaluated(rig)
    ends = {(signal.state, signal.closed_reason) for signal in rig.rows(Signal) if signal.user_id}
    assert ends == {("closed", "resolved")}


def test_the_parts_of_a_verdict_are_the_verdict() -> None:
    """Split anywhere, no change is lost or doubled, and the next look stays where it was."""
    now = Clock().now
    finding = Finding(kind="usage_decay", dedupe_key="k", severity=0.5, since=now, evidence={})
    whole = Verdict(
        (finding,) * 3, (("a", "resolved"), ("b", "resolved")), (("c", finding),), now + timedelta(days=1)
    )
    for room in range(whole.changes + 1):
        first, rest = whole.split(room)
        assert first.changes == room
        assert (first.opens + rest.opens, first.closes + rest.closes, first.renews + rest.renews) == (
            whole.opens,
            whole.closes,
            whole.renews,
        )
        assert first.check_at == rest.check_at == whole.check_at
