"""What the policy and the person say about an e-mail, asked in the moment of sending; on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.services.advance_play import advance_due
from waypost_server.services.evaluate import evaluate_due
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import Consent, Delivery, Touch


def make(database: Database, tmp_path: Path, policy: str) -> PlayRig:
    """A long-tail account for which one mail is decided and pending, under this policy."""
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.publish(policy=policy)
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16))
    evaluate_due(rig.runtime, WORKSPACE)
    advance_due(rig.runtime, WORKSPACE)
    return rig


NO_LIMIT = "caps: null\nmin_gap: null\nsession: null\nquiet_hours: null\n"
WEBHOOKS = "webhooks: {crm-note: https://crm.example.com/hook}\n"


def delivery(rig: PlayRig) -> Delivery:
    return next(row for row in rig.rows(Delivery) if row.id != "earlier")


def sent_before(rig: PlayRig, at: datetime, play: str) -> None:
    """An e-mail that reached the same person at `at`."""
    mail = delivery(rig)
    values = {column.name: getattr(mail, column.name) for column in Delivery.__table__.columns}
    row = {**values, "id": "earlier", "dedupe_key": "earlier", "state": "sent", "play": play, "ended_at": at}
    touch = {"id": "delivery:earlier", "account_id": mail.account_id, "user_id": mail.user_id}
    with rig.database.write() as session:
        session.add(Delivery(**row))
        session.add(Touch(workspace_id=WORKSPACE, channel="email", kind="passive", at=at, **touch))


@pytest.mark.parametrize("same_play", [True, False])
def test_one_email_of_a_play_in_a_week(database: Database, tmp_path: Path, same_play: bool) -> None:
    """A second mail of the same play waits until the first is a week old; another play's does not count."""
    rig = make(database, tmp_path, NO_LIMIT + WEBHOOKS)
    at = rig.clock.now - timedelta(days=5)
    sent_before(rig, at, delivery(rig).play if same_play else "another")
    rig.drain()
    mail = delivery(rig)
    if not same_play:
        assert mail.state == "sent"
        return
    assert (mail.state, mail.reason) == ("pending", "e-mails of this play to this person: 1 of 1")
    assert mail.not_before == at + timedelta(days=7)
    rig.clock.move(days=2, minutes=1)
    rig.drain()
    assert delivery(rig).state == "sent"


@pytest.mark.parametrize(
    ("channel", "topic", "allowed", "state"),
    [
        ("email", "", False, "suppressed"),
        ("all", "", False, "suppressed"),
        ("email", "tips", False, "suppressed"),  # the template
        ("email", "newsletter", False, "sent"),
        ("in_app", "", False, "sent"),
        ("email", "", True, "sent"),
    ],
)
def test_a_no_to_email_ends_it(
    database: Database, tmp_path: Path, channel: str, topic: str, allowed: bool, state: str
) -> None:
    """Whoever said no to e-mail, to all of it or to this template, gets none, and no slot is spent."""
    rig = make(database, tmp_path, NO_LIMIT + WEBHOOKS)
    key = {"workspace_id": WORKSPACE, "user_id": "acme-admin", "channel": channel, "topic": topic}
    with rig.database.write() as session:
        session.add(Consent(**key, allowed=allowed, at=rig.clock.now, message_id="m", trust="server"))
    rig.drain()
    assert delivery(rig).state == state
    assert len(rig.mails()) == len(rig.rows(Touch)) == (1 if state == "sent" else 0)


def test_an_account_in_the_standing_holdout_gets_no_email(database: Database, tmp_path: Path) -> None:
    """It is left out of everything digital; no account but those below the share is."""
    rig = make(database, tmp_path, NO_LIMIT + WEBHOOKS + "holdout: {percent: 50}\n")
    rig.drain()
    mail = delivery(rig)
    assert (mail.state, mail.reason) == ("cancelled", "the account is in the standing holdout")
    assert not rig.mails() and not rig.rows(Touch)


def test_the_fair_default_waits_a_day_between_two_touches(database: Database, tmp_path: Path) -> None:
    """Without a line about it, 24 hours lie between a nudge and a mail."""
    rig = make(database, tmp_path, "quiet_hours: null\n" + WEBHOOKS)
    at = rig.clock.now - timedelta(hours=2)
    touch = {"id": "offer:1", "account_id": "acme", "user_id": "acme-admin"}
    with rig.database.write() as session:
        session.add(Touch(workspace_id=WORKSPACE, channel="in_app", kind="passive", at=at, **touch))
    rig.drain()
    mail = delivery(rig)
    assert (mail.state, mail.not_before) == ("pending", at + timedelta(hours=24))


def test_a_topic_that_the_person_refused_is_not_sent(database: Database, tmp_path: Path) -> None:
    """Its plays say nothing by e-mail any more; those of other topics do."""
    news = "news: {titles: {en: News}, plays: [launch-overdue]}"
    topics = f"topics: {{{news}, other: {{titles: {{en: Other}}, plays: [celebrate]}}}}\n"
    rig = make(database, tmp_path, NO_LIMIT + WEBHOOKS + topics)
    with rig.database.write() as session:
        for topic in ("other", "news"):
            session.add(
                Consent(
                    workspace_id=WORKSPACE,
                    user_id="acme-admin",
                    channel="email",
                    topic=topic,
                    allowed=topic == "other",
                    at=rig.clock.now,
                    message_id=topic,
                    trust="server",
                )
            )
    rig.drain()
    assert (delivery(rig).state, delivery(rig).reason) == (
        "suppressed",
        "the person said no to e-mail (news)",
    )


def test_a_mail_domain_gets_so_many_in_a_window_and_the_rest_waits(
    database: Database, tmp_path: Path
) -> None:
    """The reason says which limit; the next window sends them. Other domains are not held up."""
    rates = "mail_rates: {example.com: {max: 2, per: 1h}}\n"
    rig = make(database, tmp_path, NO_LIMIT + WEBHOOKS + rates)
    for n in range(4):
        rig.add_account(f"a{n}", first_day=rig.clock.now.date() - timedelta(days=16))
    rig.sql("update end_user set email = 'x@elsewhere.example' where id = 'a3-admin'")
    rig.drain()
    states = sorted(row.state for row in rig.rows(Delivery))
    assert states == ["pending", "pending", "sent", "sent", "sent"]
    held = next(row for row in rig.rows(Delivery) if row.state == "pending")
    assert held.reason == "example.com gets 2 mails in an hour; this one is next"
    assert held.not_before == rig.clock.now.replace(hour=11, minute=0)
    rig.clock.move(hours=1, minutes=1)
    rig.drain()
    assert {row.state for row in rig.rows(Delivery)} == {"sent"} and fsck(rig.runtime) == []


def test_a_limit_for_a_week_holds_all_week(database: Database, tmp_path: Path) -> None:
    """What was sent days ago still counts in a window that is not over."""
    rates = "mail_rates: {example.com: {max: 2, per: 1w}}\n"
    rig = make(database, tmp_path, NO_LIMIT + WEBHOOKS + rates)
    for n in range(2):
        rig.drain()
        rig.add_account(f"a{n}", first_day=rig.clock.now.date() - timedelta(days=16))
    rig.drain()
    assert sorted(row.state for row in rig.rows(Delivery)) == ["pending", "sent", "sent"]
