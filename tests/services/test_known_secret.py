"""A16: under another WAYPOST_SECRET nothing is sent, because nobody who said no would be recognised."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.services.play_rig import PlayRig
from waypost_server.channels.bounce import Report
from waypost_server.domain.errors import ConflictError, UnavailableError
from waypost_server.services import known_secret
from waypost_server.services.addresses import unsubscribe_url
from waypost_server.services.drain import drain
from waypost_server.services.fsck import check as fsck
from waypost_server.services.known_secret import Lost
from waypost_server.services.runtime import Runtime
from waypost_server.services.stop_sending import resume_sending, stop_sending
from waypost_server.services.take_bounce import take_reports
from waypost_server.services.unsubscribe import unsubscribe
from waypost_server.store import suppressions
from waypost_server.store.database import Database
from waypost_server.store.tables import Audit, Delivery, SendingStop, SendMark

EVERYTHING = ""


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """One who said no, and one more account; both are about to get a mail."""
    made = PlayRig(database, tmp_path / "mailbox")
    made.publish()
    made.drain()
    known_secret.look(made.runtime)
    for account in ("no", "yes"):
        made.add_account(account)
        made.decay(account)
    url = unsubscribe_url(made.runtime, WORKSPACE, "no-admin@example.com")
    unsubscribe(made.runtime, url.rsplit("/", 1)[1])
    return made


def test_the_first_process_after_an_upgrade_makes_its_secret_known(rig: PlayRig) -> None:
    """The database holds a fingerprint, not the secret, and started again nothing is held."""
    rig.sql("update send_mark set fingerprint = ''")
    known_secret.look(rig.runtime)
    (mark,) = rig.rows(SendMark)
    assert len(mark.fingerprint) == 64 and rig.runtime.secret not in mark.fingerprint
    rig.drain()
    assert _recipients(rig) == ["yes-admin@example.com"] and rig.rows(SendingStop) == []


def test_nothing_leaves_under_another_secret_until_the_old_one_is_back(rig: PlayRig) -> None:
    """Deciding goes on; whoever said no stays out of reach."""
    other = _other(rig)
    drain(other)
    rig.clock.move(hours=1)
    drain(other)
    assert _recipients(rig) == []
    assert {row.state for row in rig.rows(Delivery)} == {"pending"}
    (stop,) = rig.rows(SendingStop)
    assert "WAYPOST_SECRET" in stop.reason and "waypost accept-secret" in stop.reason
    with pytest.raises(UnavailableError, match="Put the old one back"):
        resume_sending(other, EVERYTHING, actor="robin")

    resume_sending(rig.runtime, EVERYTHING, actor="robin")
    rig.drain()
    assert _recipients(rig) == ["yes-admin@example.com"]
    assert fsck(rig.runtime) == []


def test_a_process_that_only_starts_with_another_secret_stops_every_sender(rig: PlayRig) -> None:
    """Its links would not work either: who follows one to say no must be heard."""
    known_secret.look(_other(rig))
    rig.drain()
    assert _recipients(rig) == []
    assert [row.action for row in rig.rows(Audit)].count("sending.stopped") == 1


def test_a_sender_left_behind_with_the_old_secret_is_stopped_too(rig: PlayRig) -> None:
    """After the new secret is accepted, the old one is the wrong one."""
    other = _other(rig)
    known_secret.look(other)
    known_secret.accept(other, actor="robin")
    resume_sending(other, EVERYTHING, actor="robin")
    rig.drain()
    assert _recipients(rig) == [] and len(rig.rows(SendingStop)) == 1


def test_a_complaint_is_not_taken_under_another_secret(rig: PlayRig) -> None:
    """It would be kept so that nobody recognises it, and count as read; the provider reports it again."""
    rig.drain()
    (mail,) = (row for row in rig.rows(Delivery) if row.state == "sent")
    report = Report("complaint", "", "", mail.id, (), "r1")
    with pytest.raises(UnavailableError):
        take_reports(_other(rig), WORKSPACE, [report])
    assert take_reports(rig.runtime, WORKSPACE, [report]).suppressed == 1


def test_an_accepted_secret_is_used_and_what_is_lost_is_counted_once(rig: PlayRig) -> None:
    """Opt-outs of the secret before, not those of secrets that were lost earlier."""
    with rig.database.write() as session:
        suppressions.add(session, WORKSPACE, "h1", reason="bounced", at=rig.clock())
        suppressions.add(session, WORKSPACE, "h2", reason="complained", at=rig.clock())
    second, third = _other(rig), _other(rig, "yet another secret, of 32 characters and more")
    rig.clock.move(hours=1)
    assert known_secret.accept(second, actor="robin") == Lost(people=2, addresses=1)
    assert known_secret.accept(third, actor="robin") == Lost(people=0, addresses=0)
    with pytest.raises(ConflictError, match="nothing to accept"):
        known_secret.accept(third, actor="robin")
    drain(third)
    assert sorted(_recipients(rig)) == ["no-admin@example.com", "yes-admin@example.com"]


def test_why_it_was_stopped_before_stays_to_be_read(rig: PlayRig) -> None:
    """The operator must not lose sight of another reason not to send."""
    stop_sending(rig.runtime, EVERYTHING, actor="robin", reason="the words are wrong")
    for _ in range(2):
        known_secret.look(_other(rig))
    (stop,) = rig.rows(SendingStop)
    assert stop.reason.startswith("WAYPOST_SECRET") and stop.reason.endswith("the words are wrong")


def _other(rig: PlayRig, secret: str = "another secret of at least 32 characters") -> Runtime:
    return dataclasses.replace(rig.runtime, secret=secret)


def _recipients(rig: PlayRig) -> list[str]:
    return [str(mail["To"]) for mail in rig.mails()]
