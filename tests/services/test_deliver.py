"""What is checked in the moment of sending, and what never happens twice; on both databases."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import WORKSPACE
from tests.faults.sinks import hook_sink
from tests.services.play_rig import CATALOG, POLICY, STRATEGIC, PlayRig
from waypost_server.channels.egress import Egress
from waypost_server.channels.email import Mail, Mark
from waypost_server.channels.outcome import Later, Outcome, Refused, Sent, Unclear
from waypost_server.channels.reader_words import WORDS
from waypost_server.channels.webhook import WebhookPoster
from waypost_server.services.addresses import unsubscribe_url
from waypost_server.services.advance_play import advance_due
from waypost_server.services.deliver import deliver_due
from waypost_server.services.drain import drain
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.fsck import check as fsck
from waypost_server.services.recover import recover
from waypost_server.services.task_moves import By
from waypost_server.services.unsubscribe import unsubscribe
from waypost_server.store.database import Database
from waypost_server.store.tables import Attempt, Delivery, PlayRun, Signal, Suppression, Task, Touch


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """A long-tail account for which one mail is decided and pending."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish()
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16))
    evaluate_due(rig.runtime, WORKSPACE)
    advance_due(rig.runtime, WORKSPACE)
    return rig


class Answers:
    """A mailer that answers as told, after the mark."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.sent = 0

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        assert mark()
        self.sent += 1
        return self.outcomes.pop(0) if self.outcomes else Sent("ok")

    def close(self) -> None:
        return None


def _delivery(rig: PlayRig) -> Delivery:
    (delivery,) = rig.rows(Delivery)
    return delivery


def _with(rig: PlayRig, **changes: Any) -> None:
    rig.runtime = dataclasses.replace(rig.runtime, **changes)


def test_proof_of_activity_before_the_send_cancels_it(rig: PlayRig) -> None:
    """B7: the milestone was reached after the decision and before the mail."""
    rig.reach("acme", at=rig.clock.now)
    rig.drain()
    assert (_delivery(rig).state, _delivery(rig).reason) == (
        "cancelled",
        "the goal was reached before it was sent",
    )
    assert not rig.mails() and not rig.rows(Touch)


def test_an_unsubscribed_address_is_not_written_to(rig: PlayRig) -> None:
    """Unsubscribing holds before the very next claim, for every mail to that address."""
    url = unsubscribe_url(rig.runtime, WORKSPACE, "Acme-Admin@example.com")
    for _ in range(2):
        unsubscribe(rig.runtime, url.rsplit("/", 1)[1])
    rig.drain()
    assert _delivery(rig).state == "suppressed" and not rig.mails()
    (row,) = rig.rows(Suppression)
    assert "example.com" not in row.address_hash and row.reason == "unsubscribed"


@pytest.mark.parametrize(
    ("locale", "default", "lang", "stop"),
    [
        ("de-CH", "en", "de", "Diese E-Mails abbestellen"),
        (None, "es", "es", "No recibir"),
        ("xx", "yy", "en", "Stop these"),
    ],
)
def test_a_mail_ends_in_the_readers_language(
    rig: PlayRig, locale: str | None, default: str, lang: str, stop: str
) -> None:
    """Their own, else the catalogue's, else English; the words above it are marked as the author's language."""
    rig.publish(catalog=f"default_locale: {default}\n{CATALOG}")
    rig.sql("update delivery set release = 2")
    rig.sql("update end_user set locale = :locale", locale=locale)
    rig.drain()
    (mail,) = rig.mails()
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert f"\n{stop}" in text and f'<div lang="{lang}"' in html and f'<html lang="{default}"' in html
    assert WORDS[lang].mail.choose in html


def test_quiet_hours_hold_until_the_morning_where_the_person_is(rig: PlayRig) -> None:
    """10:00 UTC is 02:00 in Los Angeles: the mail waits for 08:00 there."""
    rig.sql("update end_user set timezone = 'America/Los_Angeles'")
    rig.drain()
    held = _delivery(rig)
    assert (held.state, held.reason, held.claims) == ("pending", "quiet hours where the person is", 0)
    assert held.not_before == rig.clock.now.replace(hour=16)
    rig.clock.move(hours=6, minutes=1)
    rig.drain()
    assert _delivery(rig).state == "sent"


def test_a_spent_budget_holds_until_a_slot_is_free_or_it_is_too_late(rig: PlayRig) -> None:
    """Two touches in seven days are all; the third would come after the mail has lost its point."""
    with rig.database.write() as session:
        for n in (1, 2):
            session.add(
                Touch(
                    workspace_id=WORKSPACE,
                    id=f"offer:{n}",
                    account_id="acme",
                    user_id="acme-admin",
                    channel="in_app",
                    kind="interrupting",
                    at=rig.clock.now - timedelta(days=1),
                )
            )
    rig.drain()
    held = _delivery(rig)
    assert (held.state, held.reason) == ("pending", "attention budget of the person: 2 of 2")
    assert held.not_before == rig.clock.now + timedelta(days=6)
    rig.clock.move(days=6, minutes=1)
    rig.drain()
    assert _delivery(rig).state == "expired" and not rig.mails()


def test_the_kill_switch_stops_everything_until_it_is_back(rig: PlayRig) -> None:
    """`sending = false` leaves deliveries pending and loses none."""
    rig.sql("update workspace set sending = false")
    rig.drain()
    assert _delivery(rig).state == "pending" and not rig.mails()
    rig.sql("update workspace set sending = true")
    rig.drain()
    assert _delivery(rig).state == "sent"


def test_an_account_that_became_strategic_gets_a_draft_instead(rig: PlayRig) -> None:
    """The motion guard holds at the last moment too."""
    rig.sql("update account set motion = 'strategic'")
    deliver_due(rig.runtime, WORKSPACE)
    assert _delivery(rig).state == "cancelled" and not rig.mails()
    (task,) = rig.rows(Task)
    assert task.title == "Is something in the way, Dana Whitfield?" and "your team at Acme" in task.draft


def test_a_refusal_for_now_is_tried_again_and_counted(rig: PlayRig) -> None:
    """4xx: back to pending after a minute, then sent; every try is a line."""
    mailer = Answers(Later("451 busy"))
    _with(rig, mailer=mailer)
    rig.drain()
    assert (_delivery(rig).state, _delivery(rig).reason) == ("pending", "451 busy")
    assert not rig.rows(Touch)
    rig.clock.move(seconds=61)
    rig.drain()
    assert _delivery(rig).state == "sent" and len(rig.rows(Touch)) == 1
    assert [(row.n, row.outcome) for row in rig.rows(Attempt)] == [(1, "later"), (2, "sent")]
    assert fsck(rig.runtime) == []


def test_an_address_that_does_not_exist_is_suppressed(rig: PlayRig) -> None:
    """5.1.1: failed, and nothing else is sent there."""
    _with(rig, mailer=Answers(Refused("550 5.1.1", gone=True)))
    rig.drain()
    assert _delivery(rig).state == "failed" and [s.reason for s in rig.rows(Suppression)] == ["bounced"]


def test_an_unclear_end_is_unknown_and_stays_so(rig: PlayRig) -> None:
    """No answer to the dot: a person decides, software does not."""
    mailer = Answers(Unclear("no answer"))
    _with(rig, mailer=mailer)
    rig.drain()
    rig.clock.move(days=2)
    recover(rig.runtime)
    rig.drain()
    assert _delivery(rig).state == "unknown" and mailer.sent == 1
    assert len(rig.rows(Touch)) == 1  # it may have been read, so it counts


def test_a_zombie_can_do_no_harm(rig: PlayRig) -> None:
    """A worker that sleeps past its lease finds its fence gone at the mark, and sends nothing."""
    rig_mailer = rig.runtime.mailer

    class Sleepy:
        def send(self, mail: Mail, mark: Mark) -> Outcome:
            rig.clock.move(minutes=2)
            recover(rig.runtime)
            other = dataclasses.replace(rig.runtime, mailer=rig_mailer)
            assert deliver_due(other, WORKSPACE) == 1
            assert mark() is False
            return Later("would have sent twice")

        def close(self) -> None:
            return None

    _with(rig, mailer=Sleepy())
    deliver_due(rig.runtime, WORKSPACE)
    assert _delivery(rig).state == "sent" and len(rig.mails()) == 1 and len(rig.rows(Attempt)) == 1


def test_a_delivery_that_kills_its_worker_is_parked_after_five_claims(rig: PlayRig) -> None:
    """P15: counted when claimed, because a dead worker says nothing."""

    class Death(BaseException):
        pass

    class Kills:
        def send(self, mail: Mail, mark: Mark) -> Outcome:
            raise Death

        def close(self) -> None:
            return None

    _with(rig, mailer=Kills())
    for _ in range(5):
        with pytest.raises(Death):
            deliver_due(rig.runtime, WORKSPACE)
        rig.clock.move(minutes=2)
        recover(rig.runtime)
    assert deliver_due(rig.runtime, WORKSPACE) == 0
    assert _delivery(rig).state == "failed" and "parked" in _delivery(rig).reason


def test_eight_workers_at_once_send_each_mail_once(rig: PlayRig) -> None:
    """Claims are exclusive, budgets exact: 20 accounts, 20 mails, one each."""
    for n in range(20):
        rig.add_account(f"a{n}", first_day=rig.clock.now.date() - timedelta(days=16))
    threads = [threading.Thread(target=lambda: drain(rig.runtime)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rig.drain()
    assert sorted(mail["To"] for mail in rig.mails()) == sorted(
        ["acme-admin@example.com", *(f"a{n}-admin@example.com" for n in range(20))]
    )
    assert len(rig.rows(Signal)) == len(rig.rows(PlayRun)) == len(rig.rows(Attempt)) == 21
    assert fsck(rig.runtime) == []


def test_two_mails_to_one_person_under_a_cap_of_one_send_one(database: Database, tmp_path: Path) -> None:
    """P17: two workers at the same moment, one slot."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish(policy=POLICY.replace("max: 2", "max: 1"))
    for name in ("a", "b"):
        rig.add_account(name, first_day=rig.clock.now.date() - timedelta(days=16))
    rig.sql("update membership set user_id = 'a-admin'")
    evaluate_due(rig.runtime, WORKSPACE)
    advance_due(rig.runtime, WORKSPACE)
    threads = [
        threading.Thread(target=lambda: deliver_due(rig.runtime, WORKSPACE, limit=1)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rig.drain()
    assert len(rig.mails()) == 1
    assert sorted(row.state for row in rig.rows(Delivery)) == ["pending", "sent"]


def test_webhooks_are_posted_with_the_same_id_until_taken(rig: PlayRig) -> None:
    """500, then 200: two posts, one id; 410 stops the endpoint."""
    with hook_sink() as (sink, url):
        rig.publish(policy=POLICY.replace("https://crm.example.com/hook", url))
        _with(rig, poster=WebhookPoster(Egress(allow_loopback=True)))
        rig.sql("delete from delivery")
        rig.add_account("beta")
        rig.decay("beta")
        rig.drain()
        rig.clock.move(days=3, minutes=1)
        rig.drain()
        sink.status = 500
        rig.clock.move(days=7, minutes=1)
        rig.drain()
        sink.status = 200
        rig.clock.move(seconds=10)
        rig.drain()
        hook = next(row for row in rig.rows(Delivery) if row.channel == "webhook")
        assert (hook.state, hook.attempts) == ("sent", 2)
        assert [headers["webhook-id"] for headers, _ in sink.posts] == [hook.id] * 2
        assert b'"kind": "usage_decay"' in sink.posts[0][1]


def test_a_template_that_lost_its_value_fails_visibly(rig: PlayRig) -> None:
    """The delivery says which value was missing; nothing half-written is sent."""
    rig.sql("update delivery set template = 'gone'")
    rig.drain()
    assert (_delivery(rig).state, _delivery(rig).reason) == (
        "failed",
        "not written: There is no template gone.",
    )


def test_in_production_people_nobody_vouches_for_get_no_mail(database: Database, tmp_path: Path) -> None:
    """P24: a profile made with the public key alone causes no e-mail."""
    rig = PlayRig(database, tmp_path / "mailbox", mode="production")
    rig.publish()
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16))
    rig.sql("update end_user set trust = 'asserted'")
    rig.drain()
    assert not rig.rows(Delivery)


def test_an_open_task_mutes_the_software_of_other_runs(rig: PlayRig) -> None:
    """While a person works on the account its mails wait; closing the task lets them go on."""
    from waypost_server.services import tasks

    with rig.database.write() as session:
        session.add(
            Task(
                workspace_id=WORKSPACE,
                id="t1",
                account_id="acme",
                run_id="other",
                dedupe_key="t1",
                title="Call",
                draft="",
                evidence={},
                severity=0.5,
                mute_digital=True,
                state="open",
                due_at=rig.clock.now,
                created_at=rig.clock.now,
            )
        )
    rig.drain()
    assert (_delivery(rig).state, _delivery(rig).reason) == ("pending", "a person is working on the account")
    tasks.done(rig.runtime, WORKSPACE, "t1", by=By("csm-1"), outcome="Talked to Dana")
    rig.clock.move(hours=1, minutes=1)
    rig.drain()
    assert _delivery(rig).state == "sent"


def test_strategic_accounts_never_have_a_delivery_even_when_the_branch_asks(
    database: Database, tmp_path: Path
) -> None:
    """An e-mail step in a strategic branch becomes a draft for a person."""
    from tests.services.play_rig import OVERDUE

    rig = PlayRig(database, tmp_path / "mailbox")
    branch = "strategic:\n  - email: {template: tips, to: {role: admin, limit: 1}}\n"
    rig.publish(plays__launch_overdue=OVERDUE.split("strategic:")[0] + branch)
    rig.add_account(mrr=STRATEGIC, first_day=rig.clock.now.date() - timedelta(days=16))
    rig.drain()
    assert not rig.rows(Delivery)
    (task,) = rig.rows(Task)
    assert task.title == "Is something in the way, Dana Whitfield?"
