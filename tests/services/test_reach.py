"""A message reaches a person by the best channel, and falls back when that one does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import FILES, JOURNEY, POLICY, STRATEGIC, PlayRig
from waypost_server.services.fsck import check as fsck
from waypost_server.services.publish import publish
from waypost_server.services.start_run import Wish, start_run
from waypost_server.store.database import Database
from waypost_server.store.tables import Consent, EndUser, NudgeGrant, Offer, PlayRun, StepRun, Task

PLAY = """
key: say
title: Say it
on: {person: true}
goal: {feature: export, within_days: 60}
enrol: {max: 9, per: 1d}
long_tail:
  - message: {in_app: restart, email: tips, role: admin, channel: preferred, seen_within_days: 2}
strategic:
  - message: {in_app: restart, email: tips, role: admin}
"""
ORDER = "channels: {onboarding: [in_app, email], default: [email, in_app]}\n"
PHASES = "phases: {onboarding: {title: Onboarding, start_day: 0, end_day: 30}}\n"
IN_APP, MAIL = "inside the product", "by e-mail"


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    made = PlayRig(database, tmp_path / "mailbox")
    files = {"policy.yaml": POLICY + ORDER, "journey.yaml": PHASES + JOURNEY, "plays/say.yaml": PLAY}
    publish(made.runtime, WORKSPACE, {**FILES, **files}, author="tests")
    made.add_csm()
    return made


def say(rig: PlayRig) -> None:
    start_run(rig.runtime, WORKSPACE, Wish("say", "acme", actor="csm-1"))
    rig.drain()


def story(rig: PlayRig) -> str:
    lines = sorted(rig.rows(StepRun), key=lambda each: each.seq)
    return " | ".join(each.note for each in lines if each.kind == "message")


def test_the_phase_says_which_channel_comes_first(rig: PlayRig) -> None:
    """In onboarding inside the product; not seen in time, by e-mail, with the reason in the story."""
    rig.add_account(first_day=rig.clock.now.date())
    say(rig)
    (grant,) = rig.rows(NudgeGrant)
    assert (grant.nudge, grant.user_id, rig.mails()) == ("restart", "acme-admin", [])
    assert f"{IN_APP} (phase onboarding)" in story(rig)
    rig.clock.move(days=1)
    rig.drain()
    assert rig.mails() == []
    rig.clock.move(days=1, minutes=1)
    rig.drain()
    assert len(rig.mails()) == 1 and f"Not seen {IN_APP} within 2 days. To Dana Whitfield {MAIL}" in story(
        rig
    )
    (run,) = rig.rows(PlayRun)
    assert run.outcome == "completed" and fsck(rig.runtime) == []


def test_what_was_seen_is_not_said_again(rig: PlayRig) -> None:
    """The nudge was shown: the run goes on without a mail."""
    rig.add_account(first_day=rig.clock.now.date())
    say(rig)
    at = rig.clock.move(hours=3)
    seen = {
        "release": 1,
        "kind": "passive",
        "state": "shown",
        "claim_id": "c1",
        "claimed_at": at,
        "shown_at": at,
    }
    with rig.database.write() as session:
        who = {"workspace_id": WORKSPACE, "account_id": "acme", "user_id": "acme-admin"}
        session.add(Offer(**who, id="o1", nudge="restart", **seen))
    rig.clock.move(days=2)
    rig.drain()
    assert rig.mails() == [] and story(rig).endswith("Seen inside the product.")


def test_a_persons_own_word_comes_before_the_phase(rig: PlayRig) -> None:
    """They prefer e-mail, in onboarding too."""
    rig.add_account(first_day=rig.clock.now.date())
    with rig.database.write() as session:
        session.get_one(EndUser, (WORKSPACE, "acme-admin")).traits = {"preferred_channel": "email"}
    say(rig)
    assert len(rig.mails()) == 1 and f"{MAIL} (they prefer it)" in story(rig)


@pytest.mark.parametrize(
    ("email", "why"), [(None, "no address"), ("dana@example.com", "the person said no to e-mail (all of it)")]
)
def test_a_channel_that_is_not_possible_is_passed_over(rig: PlayRig, email: str | None, why: str) -> None:
    """E-mail would come first for an old account; the story says why it is another one, and when none is left."""
    rig.add_account()
    no = {"channel": "email", "topic": "", "allowed": False, "message_id": "m", "trust": "server"}
    with rig.database.write() as session:
        session.get_one(EndUser, (WORKSPACE, "acme-admin")).email = email
        at = datetime(2026, 11, 1, tzinfo=UTC)
        session.add(Consent(workspace_id=WORKSPACE, user_id="acme-admin", at=at, **no))
    say(rig)
    assert rig.mails() == [] and len(rig.rows(NudgeGrant)) == 1
    assert f"Not {MAIL}: {why}." in story(rig)
    rig.clock.move(days=3)
    rig.drain()
    assert "No channel is left" in story(rig)


def test_a_strategic_account_is_reached_by_a_person(rig: PlayRig) -> None:
    """Nothing is handed out or sent; a draft waits in the queue."""
    rig.add_account(mrr=STRATEGIC, first_day=rig.clock.now.date())
    say(rig)
    assert rig.rows(NudgeGrant) == [] and len(rig.rows(Task)) == 1
    assert {each["To"] for each in rig.mails()} <= {"csm-1@acme.example"}
