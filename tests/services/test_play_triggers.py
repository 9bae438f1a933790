"""What starts a play beside signals: a condition that becomes true, and a person. And how often it may start."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import STRATEGIC, PlayRig
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.bulk_start import begin_bulk
from waypost_server.services.fsck import check as fsck
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.database import Database
from waypost_server.store.tables import Audit, Delivery, NudgeGrant, PlayRun, PlayWatch, Task

LARGE = """
key: usage-drop
title: It grew
on: {condition: {account.seats: {$gte: 10}}}
enrol: {max: 2, per: 90d}
goal: {feature: export}
long_tail:
  - webhook: crm-note
strategic:
  - task: {template: brief}
"""
PERSONAL = """
key: usage-drop
title: First export
subject: user
on: {condition: {user.stage: ready}}
enrol: once
goal: {feature: export}
long_tail:
  - email: {template: tips}
  - nudge: restart
"""
BY_HAND = LARGE.replace("{condition: {account.seats: {$gte: 10}}}", "{person: true}").replace(
    "enrol", "audience: {account.mrr: {$gte: 100}}\nenrol"
)


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    return PlayRig(database, tmp_path / "mailbox")


def become(rig: PlayRig, traits: str, account: str = "acme") -> None:
    """The account's traits change, and it is looked at."""
    rig.sql("update account set traits = :t where id = :id", t=traits, id=account)
    rig.touch(account)
    rig.drain()


def runs(rig: PlayRig) -> list[PlayRun]:
    return sorted(rig.rows(PlayRun), key=lambda run: run.started_at)


def test_a_play_starts_once_for_each_time_its_condition_becomes_true(rig: PlayRig) -> None:
    """True again while it holds starts nothing; false and true again does; the third time in 90 days does not."""
    rig.publish(plays__usage_drop=LARGE)
    rig.add_account()
    rig.drain()
    for seats, expected in ((12, 1), (15, 1), (3, 1), (20, 2), (1, 2), (11, 2)):
        rig.clock.move(hours=1)
        become(rig, f'{{"mrr": 500, "seats": {seats}}}')
        assert len(runs(rig)) == expected, seats
    (seen,) = rig.rows(PlayWatch)
    assert seen.holds and seen.reason.startswith("It grew: it last ran on ")
    assert {run.cause["kind"] for run in runs(rig)} == {"condition"} and fsck(rig.runtime) == []


def test_it_is_told_on_which_day_of_the_workspace_a_play_ran(rig: PlayRig) -> None:
    """Two in the afternoon in UTC is the next day in Auckland."""
    rig.sql("update workspace set timezone = 'Pacific/Auckland'")
    rig.publish(plays__usage_drop=LARGE)
    rig.add_account()
    rig.drain()
    for seats in (12, 3, 20, 1, 11):
        rig.clock.move(hours=1)
        become(rig, f'{{"mrr": 500, "seats": {seats}}}')
    (seen,) = rig.rows(PlayWatch)
    assert seen.reason.startswith("It grew: it last ran on Nov 24,")


def test_what_was_true_all_along_starts_nothing(rig: PlayRig) -> None:
    """Publishing a play does not write to everybody who fits; a new account that fits is met."""
    rig.publish()
    rig.add_account(traits={"mrr": 500, "seats": 50})
    rig.drain()
    rig.publish(plays__usage_drop=LARGE)
    rig.add_account("fresh", traits={"mrr": 500, "seats": 50}, first_day=rig.clock.now.date())
    rig.drain()
    assert [run.account_id for run in runs(rig)] == ["fresh"]
    reasons = {seen.account_id: seen.reason for seen in rig.rows(PlayWatch)}
    assert reasons == {"acme": "It was true already when this play was first looked at.", "fresh": ""}


def test_another_condition_is_another_question(rig: PlayRig) -> None:
    """A release that widens the condition starts nothing for those it now takes in."""
    rig.publish(plays__usage_drop=LARGE)
    rig.add_account(traits={"mrr": 500, "seats": 5})
    rig.drain()
    rig.publish(plays__usage_drop=LARGE.replace("$gte: 10", "$gte: 5"))
    rig.touch()
    rig.drain()
    assert not runs(rig)


def test_time_alone_makes_a_condition_true(rig: PlayRig) -> None:
    """Accounts are looked at every day while a play waits for a condition."""
    rig.publish(
        plays__usage_drop=LARGE.replace(
            "account.seats: {$gte: 10}", "account.days_since_first_seen: {$gte: 252}"
        )
    )
    rig.add_account()
    for expected in (0, 0, 1, 1):
        rig.drain()
        assert len(runs(rig)) == expected
        rig.clock.move(days=1, minutes=1)


def test_a_condition_about_people_starts_a_run_for_each(rig: PlayRig) -> None:
    """The mail and the nudge are theirs alone; once means once."""
    rig.publish(plays__usage_drop=PERSONAL)
    rig.add_account()
    rig.add_user("lee", "acme")
    rig.drain()
    ready = "update end_user set traits = :t where id = 'lee'"
    for stage in ("ready", "new", "ready"):
        rig.clock.move(days=1)
        rig.sql(ready, t=f'{{"stage": "{stage}"}}')
        rig.touch()
        rig.drain()
    (run,) = runs(rig)
    assert (run.account_id, run.user_id) == ("acme", "lee")
    assert [row.user_id for row in rig.rows(Delivery)] == ["lee"]
    assert [row.user_id for row in rig.rows(NudgeGrant)] == ["lee"]


def test_a_strategic_account_meets_its_own_branch(rig: PlayRig) -> None:
    """However a play starts, the account's motion chooses the steps."""
    rig.publish(plays__usage_drop=LARGE)
    rig.add_account(mrr=STRATEGIC)
    rig.drain()
    become(rig, f'{{"mrr": {STRATEGIC}, "seats": 12}}')
    assert [run.motion for run in runs(rig)] == ["strategic"] and rig.rows(Task) and not rig.rows(Delivery)


def test_a_person_starts_a_play(rig: PlayRig) -> None:
    """The same press twice is one run, with who started it in the run and in the audit."""
    rig.publish(plays__usage_drop=BY_HAND)
    rig.add_account()
    wish = Wish("usage-drop", "acme", occurrence="form-1", actor="robin")
    first, second = start_run(rig.runtime, WORKSPACE, wish), start_run(rig.runtime, WORKSPACE, wish)
    assert first.id == second.id and first.cause == {"kind": "person", "actor": "robin"}
    rig.drain()
    (run,) = runs(rig)
    assert run.outcome == "completed" and run.signal_id == ""
    assert [row.actor for row in rig.rows(Audit) if row.action == "run.started"] == ["robin"]


def test_a_person_is_told_why_a_play_does_not_start(rig: PlayRig) -> None:
    """Audience and limit say no, "anyway" passes over both, and a name that is unknown is said so."""
    rig.publish(plays__usage_drop=BY_HAND)
    rig.add_account(mrr=50)
    wish = Wish("usage-drop", "acme")
    with pytest.raises(ConflictError, match="not in its audience"):
        start_run(rig.runtime, WORKSPACE, wish)
    for _ in range(3):
        start_run(rig.runtime, WORKSPACE, Wish("usage-drop", "acme", anyway=True))
    become(rig, '{"mrr": 500}')
    with pytest.raises(ConflictError, match="at most 2 times in 90 days"):
        start_run(rig.runtime, WORKSPACE, wish)
    rig.clock.move(days=91)
    start_run(rig.runtime, WORKSPACE, wish)
    for wrong in (
        Wish("nothing", "acme"),
        Wish("usage-drop", "nobody"),
        Wish("usage-drop", "acme", "nobody"),
    ):
        with pytest.raises(NotFoundError):
            start_run(rig.runtime, WORKSPACE, wrong)


def test_a_play_about_users_needs_one(rig: PlayRig) -> None:
    """And then the run is about that user."""
    rig.publish(plays__usage_drop=PERSONAL)
    rig.add_account()
    with pytest.raises(BadInputError, match="name one"):
        start_run(rig.runtime, WORKSPACE, Wish("usage-drop", "acme"))
    run = start_run(rig.runtime, WORKSPACE, Wish("usage-drop", "acme", "acme-admin", anyway=True))
    assert run.user_id == "acme-admin" and run.due_at - run.started_at == timedelta(0)


def test_the_webhook_of_a_play_about_a_user_names_them(rig: PlayRig) -> None:
    """And that of a play about an account names nobody."""
    hook = PERSONAL.split("  - email")[0] + "  - webhook: crm-note\n"
    rig.publish(plays__usage_drop=hook, plays__celebrate=BY_HAND.replace("usage-drop", "celebrate"))
    rig.add_account()
    start_run(rig.runtime, WORKSPACE, Wish("usage-drop", "acme", "acme-admin", anyway=True))
    start_run(rig.runtime, WORKSPACE, Wish("celebrate", "acme", anyway=True))
    rig.drain()
    told = [json.loads(row.body)["data"] for row in rig.rows(Delivery) if row.channel == "webhook"]
    assert {each["play"]: each.get("user") for each in told} == {
        "usage-drop": {"id": "acme-admin"},
        "celebrate": None,
    }


def test_a_play_that_its_definition_pauses_starts_for_nobody(rig: PlayRig) -> None:
    """Not by its trigger, not by a person, not for many; what is under way goes on, and it says why."""
    rig.publish(plays__usage_drop=LARGE)
    rig.add_account()
    rig.drain()
    become(rig, '{"seats": 12, "mrr": 500}')
    (run,) = runs(rig)
    rig.publish(plays__usage_drop=LARGE + "status: paused\n")
    rig.clock.move(days=91)
    become(rig, '{"seats": 3, "mrr": 500}')
    become(rig, '{"seats": 12, "mrr": 500}')
    assert [each.id for each in runs(rig)] == [run.id]
    assert [each.reason for each in rig.rows(PlayWatch)] == ["It grew: it is paused by its definition."]
    for anyway in (False, True):
        with pytest.raises(ConflictError, match="paused by its definition"):
            start_run(rig.runtime, WORKSPACE, Wish("usage-drop", "acme", anyway=anyway))
    with pytest.raises(ConflictError, match="paused by its definition"):
        begin_bulk(rig.runtime, WORKSPACE, "usage-drop", {}, actor="ada")
