"""A message reaches a person by the best channel, and falls back when that one does not."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.builders import WORKSPACE
from tests.channels.reports import dsn
from tests.services.play_rig import FILES, JOURNEY, POLICY, STRATEGIC, PlayRig
from waypost_server.channels.bounce import read
from waypost_server.channels.email import Mail, Mark
from waypost_server.channels.outcome import Outcome, Refused
from waypost_server.services.addresses import return_mac
from waypost_server.services.fsck import check as fsck
from waypost_server.services.publish import publish
from waypost_server.services.start_run import Wish, start_run
from waypost_server.services.take_bounce import take_reports
from waypost_server.store.database import Database
from waypost_server.store.tables import Consent, Delivery, EndUser, NudgeGrant, Offer, PlayRun, StepRun, Task

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
CHANGED = {"policy.yaml": POLICY + ORDER, "journey.yaml": PHASES + JOURNEY}
IN_APP, MAIL = "inside the product", "by e-mail"


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    made = PlayRig(database, tmp_path / "mailbox")
    publish(made.runtime, WORKSPACE, {**FILES, **CHANGED, "plays/say.yaml": PLAY}, author="tests")
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


BACK = "The e-mail to acme-admin@example.com came back"


@pytest.fixture
def mailed(rig: PlayRig) -> PlayRig:
    """An old account, whose admin was reached by e-mail; the run is over."""
    rig.add_account()
    say(rig)
    assert len(rig.mails()) == 1 and rig.rows(PlayRun)[0].outcome == "completed"
    return rig


def bounce(rig: PlayRig, number: int = 0, **changes: Any) -> None:
    (mail,) = [row for row in rig.rows(Delivery) if row.user_id]
    report = dsn(mail.id, mac=return_mac(rig.runtime, WORKSPACE, mail.id), number=number, **changes)
    take_reports(rig.runtime, WORKSPACE, read(report))


def test_a_mail_that_comes_back_is_followed_by_the_next_channel_once(mailed: PlayRig) -> None:
    """However many reports say so; the story of the run, which has ended, tells it."""
    for number in range(2):
        bounce(mailed, number)
    (grant,) = mailed.rows(NudgeGrant)
    assert (grant.nudge, grant.user_id) == ("restart", "acme-admin")
    assert story(mailed).count(BACK) == 1
    assert story(mailed).endswith(f"{BACK} (550 no). To Dana Whitfield {IN_APP} (the usual order).")
    mailed.clock.move(days=3)
    mailed.drain()
    assert len(mailed.mails()) == 1 and mailed.rows(PlayRun)[0].outcome == "completed"
    assert fsck(mailed.runtime) == []


def test_a_mail_refused_at_once_is_followed_too(rig: PlayRig) -> None:
    """The server that takes the mail says that nobody lives there; the run has gone on to its next step."""
    waits = PLAY.replace("seen_within_days: 2}\n", "seen_within_days: 2}\n  - wait: {days: 5}\n")
    publish(rig.runtime, WORKSPACE, {**FILES, **CHANGED, "plays/say.yaml": waits}, author="tests")
    rig.runtime = dataclasses.replace(rig.runtime, mailer=Nobody())
    rig.add_account()
    say(rig)
    assert len(rig.rows(NudgeGrant)) == 1 and f"{BACK} (550 5.1.1)" in story(rig)
    assert rig.rows(PlayRun)[0].state == "waiting"
    rig.clock.move(days=5, minutes=1)
    rig.drain()
    assert rig.rows(PlayRun)[0].outcome == "completed" and fsck(rig.runtime) == []


class Nobody:
    """A mail server that knows no address."""

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        return Refused("550 5.1.1", gone=True)

    def close(self) -> None:
        return None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            "update play_run set outcome = 'cancelled'",
            "Nothing else was tried: the run has ended (cancelled).",
        ),
        (
            "update play_run set state = 'paused', outcome = null",
            "Nothing else was tried: the run is paused.",
        ),
        ("delete from membership", "The person is no longer in the account."),
    ],
)
def test_nothing_else_is_tried_where_the_step_would_not_act(mailed: PlayRig, change: str, why: str) -> None:
    """The story says that the mail came back, and why that is all."""
    mailed.sql(change)
    bounce(mailed)
    assert mailed.rows(NudgeGrant) == [] and story(mailed).endswith(why)


def test_a_goal_that_was_reached_needs_no_other_channel(mailed: PlayRig) -> None:
    """They did it before the report came."""
    mailed.clock.move(days=1)
    mailed.use("acme", [mailed.clock.now.date()], feature="export")
    bounce(mailed)
    assert mailed.rows(NudgeGrant) == [] and "the goal is reached" in story(mailed)


def test_a_strategic_account_is_not_reached_by_software_when_a_mail_comes_back(mailed: PlayRig) -> None:
    """The motion is that of now: a task for a person."""
    mailed.sql("update account set motion = 'strategic'")
    bounce(mailed)
    assert mailed.rows(NudgeGrant) == [] and len(mailed.rows(Task)) == 1
    assert "A task for a person instead" in story(mailed)


def test_a_soft_bounce_is_no_reason_for_another_channel(mailed: PlayRig) -> None:
    """It may still arrive."""
    bounce(mailed, status="4.2.2")
    assert mailed.rows(NudgeGrant) == [] and BACK not in story(mailed)
