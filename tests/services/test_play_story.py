"""From a series of days to a mail, or to a task: the whole story of a play, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.services.play_rig import STRATEGIC, PlayRig
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Delivery, NudgeGrant, PlayRun, Signal, StepRun, Task, Touch


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    return rig


def test_a_long_tail_account_whose_use_fell_gets_one_mail(rig: PlayRig) -> None:
    """Decay opens a signal, starts the play, and its first step reaches the admin once."""
    rig.add_account()
    rig.decay()
    rig.drain()
    rig.drain()

    (signal,) = rig.rows(Signal)
    assert signal.kind == "usage_decay" and signal.severity > 0.6 and signal.handling == "run"
    assert "sure that use has at least halved" in signal.evidence["words"]
    assert len(signal.evidence["series"]) == 30
    assert signal.evidence["roles"] == [{"role": "admin", "before_per_week": 4.0, "now_per_week": 0.25}]
    (delivery,) = rig.rows(Delivery)
    assert (delivery.state, delivery.recipient, delivery.attempts) == ("sent", "acme-admin@example.com", 1)
    (mail,) = rig.mails()
    assert mail["Subject"] == "Is something in the way, Dana Whitfield?"
    assert mail["Message-ID"].startswith(f"<{delivery.id}@")
    text = mail.get_body(("plain",)).get_content()
    assert (
        "Acme uses automations less. Look (https://acme.example/runs)." in text and "- Name an owner." in text
    )
    assert "You get this because you use Acme Automations at Acme." in text
    assert '<a style="color:#2450b2' in mail.get_body(("html",)).get_content()
    (touch,) = rig.rows(Touch)
    assert touch.id == f"delivery:{delivery.id}" and touch.channel == "email"
    (account,) = rig.rows(Account)
    assert (account.motion, account.segment, account.evaluated) == ("long_tail", "all", 1)
    assert account.check_at > rig.clock.now


def test_the_play_goes_on_after_its_waits_and_then_ends(rig: PlayRig) -> None:
    """Mail, three days, a nudge handed out, seven days, a webhook queued, done."""
    rig.add_account()
    rig.decay()
    rig.drain()
    rig.clock.move(days=2)
    rig.drain()
    assert not rig.rows(NudgeGrant)
    rig.clock.move(days=1, minutes=1)
    rig.drain()
    (grant,) = rig.rows(NudgeGrant)
    assert (grant.nudge, grant.roles) == ("restart", ["admin"])
    rig.clock.move(days=7, minutes=1)
    rig.drain()
    (run,) = rig.rows(PlayRun)
    assert (run.state, run.outcome, run.due_at) == ("ended", "completed", None)
    assert [row.kind for row in rig.rows(StepRun)] == ["email", "wait", "nudge", "wait", "webhook", "end"]
    assert {row.channel for row in rig.rows(Delivery)} == {"email", "webhook"}


def test_a_strategic_account_whose_use_fell_becomes_a_task_and_no_mail(rig: PlayRig) -> None:
    """The same signal on a strategic account is work for a person, with evidence and a due time."""
    rig.add_csm()
    rig.add_account(mrr=STRATEGIC)
    rig.decay()
    rig.drain()
    (task,) = rig.rows(Task)
    assert task.title == "Acme is using automations less" and "1 people" in task.draft
    assert (task.owner, task.state, task.mute_digital) == ("csm-1", "open", True)
    assert task.evidence["kind"] == "usage_decay" and task.value == STRATEGIC * 12
    assert task.due_at == rig.clock.now.replace(hour=17) + timedelta(days=2)
    assert not [each for each in rig.rows(Delivery) if each.account_id]
    assert [mail["To"] for mail in rig.mails()] == ["csm-1@acme.example"]


def test_an_event_during_an_evaluation_leaves_the_account_due(rig: PlayRig) -> None:
    """`evaluated` takes the value `touched` had when the account was claimed."""
    rig.add_account()
    rig.runtime = rig.runtime.__class__(
        **{
            **{name: getattr(rig.runtime, name) for name in rig.runtime.__slots__},
            "fault": lambda name: rig.touch() if name == "evaluate.claimed" else None,
        }
    )
    from waypost_server.services.evaluate import evaluate_due

    evaluate_due(rig.runtime, "acme-prod")
    (account,) = rig.rows(Account)
    assert (account.touched, account.evaluated, account.fence) == (2, 1, None)


def test_a_goal_reached_while_waiting_ends_the_run(rig: PlayRig) -> None:
    """Use that comes back ends the play before its next step."""
    rig.add_account()
    rig.decay()
    rig.drain()
    today = rig.clock.now.date()
    rig.clock.move(days=9)
    rig.use("acme", [today + timedelta(days=1), today + timedelta(days=8)])
    rig.sql("update play_run set due_at = :at", at=(rig.clock.now + timedelta(days=30)).isoformat(" "))
    rig.touch()
    rig.drain()
    (run,) = rig.rows(PlayRun)
    assert (run.state, run.outcome) == ("ended", "goal_reached")


def test_an_account_that_became_strategic_gets_no_more_automated_steps(rig: PlayRig) -> None:
    """A run begun for a long-tail account ends, and its signal asks for a person."""
    rig.add_account()
    rig.decay()
    rig.drain()
    rig.sql("update account set traits = '{\"mrr\": 9000}'")
    rig.touch()
    rig.clock.move(days=4)
    rig.drain()
    (run,) = rig.rows(PlayRun)
    assert (run.state, run.outcome) == ("ended", "motion_changed")
    assert not rig.rows(NudgeGrant)
    (signal,) = rig.rows(Signal)
    assert signal.handling == "none" and "became strategic" in signal.handling_reason


def test_a_milestone_reached_now_starts_a_play_and_one_reached_last_week_does_not(rig: PlayRig) -> None:
    """Imports change state and fire nothing."""
    rig.add_account("fresh")
    rig.reach("fresh", at=rig.clock.now - timedelta(hours=1))
    rig.add_account("old")
    rig.reach("old", at=rig.clock.now - timedelta(days=7))
    rig.drain()
    assert [(s.account_id, s.kind) for s in rig.rows(Signal)] == [("fresh", "milestone_reached")]
    rig.clock.move(days=4)
    rig.drain()
    (signal,) = rig.rows(Signal)
    assert (signal.state, signal.closed_reason) == ("closed", "noted")


def test_an_overdue_milestone_opens_once_and_closes_when_reached(rig: PlayRig) -> None:
    """Due after 14 days: on day 15 a signal, a mail, and a close when the milestone comes."""
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=14))
    rig.drain()
    assert not rig.rows(Signal)
    rig.clock.move(days=1)
    rig.drain()
    (signal,) = rig.rows(Signal)
    assert signal.evidence["words"] == (
        "First automation live: 1 day overdue, 0 of 1 steps done. Next: Launch it."
    )
    assert len(rig.mails()) == 1
    rig.reach("acme", at=rig.clock.now)
    rig.touch()
    rig.drain()
    overdue = next(s for s in rig.rows(Signal) if s.kind == "milestone_overdue")
    assert (overdue.state, overdue.closed_reason) == ("closed", "resolved")


def test_history_long_overdue_is_shown_and_starts_nothing(rig: PlayRig) -> None:
    """The first import of old customers must not mail them all."""
    rig.add_account()
    rig.drain()
    (signal,) = rig.rows(Signal)
    assert signal.handling == "none" and "when first noticed" in signal.handling_reason
    assert not rig.rows(PlayRun)


def test_evaluating_again_changes_nothing(rig: PlayRig) -> None:
    """A second look at the same facts opens no second signal and no second run."""
    rig.add_account()
    rig.decay()
    rig.drain()
    for _ in range(3):
        rig.touch()
        rig.drain()
    assert len(rig.rows(Signal)) == 1 and len(rig.rows(PlayRun)) == 1 and len(rig.mails()) == 1
