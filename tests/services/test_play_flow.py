"""Branches, waits, traits, exits and ends of plays, as runs live through them on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.services.play_rig import OVERDUE, PlayRig
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Delivery, EndUser, Event, PastValue, PlayRun, StepRun, Task


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    return PlayRig(database, tmp_path / "mailbox")


def live(rig: PlayRig, steps: str, *, head: str = "", **account: object) -> PlayRun:
    """Publish the overdue play with these steps for the long tail, and let an account meet it."""
    start = OVERDUE.split("long_tail:")[0] + head
    rig.publish(plays__launch_overdue=f"{start}long_tail:\n{steps}")
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16), **account)
    rig.drain()
    return run(rig)


def run(rig: PlayRig) -> PlayRun:
    (found,) = rig.rows(PlayRun)
    assert isinstance(found, PlayRun)
    return found


def story(rig: PlayRig) -> list[tuple[str, str]]:
    return [(row.kind, row.note) for row in sorted(rig.rows(StepRun), key=lambda row: row.seq)]


BRANCH = """
  - branch:
      when: {account.plan: growth}
      then:
        - webhook: crm-note
      else:
        - end: Too small for this play
  - task: {template: brief}
"""


@pytest.mark.parametrize(
    ("plan", "outcome", "kinds"),
    [
        ("growth", "completed", ["branch", "webhook", "task", "end"]),
        ("free", "ended_early", ["branch", "end"]),
    ],
)
def test_a_branch_is_decided_when_the_run_comes_to_it(
    rig: PlayRig, plan: str, outcome: str, kinds: list[str]
) -> None:
    """One way for growth, the end for others; the author's reason is the last line."""
    found = live(rig, BRANCH, traits={"mrr": 500, "plan": plan})
    assert (found.state, found.outcome) == ("ended", outcome)
    assert [kind for kind, _ in story(rig)] == kinds
    if outcome == "ended_early":
        assert story(rig)[-1] == ("end", "Too small for this play")
    assert fsck(rig.runtime) == []


HOPE = """
  - wait: {until: {feature: export}, days: 5, timeout: [{task: {template: brief}}]}
  - webhook: crm-note
"""


def test_a_wait_ends_when_the_feature_is_used(rig: PlayRig) -> None:
    """Use before the wait does not count; use after it ends the wait at the next look at the account."""
    live(rig, HOPE)
    assert run(rig).state == "waiting"
    rig.clock.move(days=1)
    rig.use("acme", [rig.clock.now.date() + timedelta(days=1)], feature="export")
    rig.clock.move(days=1)
    rig.touch()
    rig.drain()
    assert run(rig).outcome == "completed"
    assert [kind for kind, _ in story(rig)] == ["wait", "wait", "webhook", "end"] and not rig.rows(Task)


def test_a_wait_that_hoped_in_vain_takes_the_other_way(rig: PlayRig) -> None:
    """The timeout's steps come first, then the rest."""
    live(rig, HOPE)
    rig.clock.move(days=5, minutes=1)
    rig.drain()
    assert [kind for kind, _ in story(rig)] == ["wait", "wait", "task", "webhook", "end"]


def test_a_condition_is_waited_for_from_day_to_day(rig: PlayRig) -> None:
    """What time alone makes true is noticed within a day."""
    until = "{condition: {account.days_since_first_seen: {$gte: 20}}}"
    live(rig, f"  - wait: {{until: {until}, days: 30}}\n  - webhook: crm-note\n")
    for _ in range(3):
        assert run(rig).state == "waiting"
        rig.clock.move(days=1, minutes=1)
        rig.drain()
    rig.clock.move(days=1, minutes=1)
    rig.drain()
    assert run(rig).outcome == "completed"


def test_the_exit_stops_the_run_before_its_next_step(rig: PlayRig) -> None:
    """Nothing more is sent, and what is queued is taken back."""
    steps = "  - webhook: crm-note\n  - wait: {business_days: 2}\n  - task: {template: brief}\n"
    live(rig, steps, head="exit: {account.churning: true}\n")
    rig.sql("update account set traits = :t", t='{"mrr": 500, "churning": true}')
    rig.touch()
    rig.drain()
    assert (run(rig).outcome, story(rig)[-1][1]) == (
        "exited",
        "The condition on which the play stops came true.",
    )
    assert [row.state for row in rig.rows(Delivery)] == ["cancelled"] and not rig.rows(Task)


def test_a_trait_is_set_as_an_event_would(rig: PlayRig) -> None:
    """It stands in the log, in the account, and in the very next condition; once, however often it is tried."""
    steps = """
  - set_trait: {trait: stage, value: late}
  - branch: {when: {account.stage: late}, then: [{task: {template: brief}}]}
"""
    live(rig, steps, traits_at={"mrr": "2026-01-01"})
    (account,) = rig.rows(Account)
    assert account.traits == {"mrr": 500, "stage": "late"}
    (event,) = rig.rows(Event)
    assert (event.type, event.account_id, event.message_id) == ("group", "acme", f"play-{run(rig).id}-0")
    assert story(rig)[0] == ("set_trait", "Set stage of the account to late.") and rig.rows(Task)
    rig.sql("update play_run set state = 'running', step = 0, due_at = started_at")
    rig.drain()
    assert len(rig.rows(Event)) == 1


def test_a_trait_that_makes_the_account_strategic_stops_the_software(rig: PlayRig) -> None:
    """The motion is decided again before the next step; nothing automated is made."""
    live(rig, "  - set_trait: {trait: mrr, value: 9000}\n  - webhook: crm-note\n")
    assert run(rig).outcome == "motion_changed" and not rig.rows(Delivery)
    (account,) = rig.rows(Account)
    assert account.motion == "strategic" and "motion" in {row.field for row in rig.rows(PastValue)}


def test_a_trait_of_a_user_needs_a_user(rig: PlayRig) -> None:
    """A run about an account says that nobody was meant."""
    live(rig, "  - set_trait: {trait: stage, value: late, of: user}\n  - webhook: crm-note\n")
    assert story(rig)[0] == (
        "set_trait",
        "“stage” was not set: this run is about an account, not about one user.",
    )
    assert all(row.traits == {} for row in rig.rows(EndUser))
