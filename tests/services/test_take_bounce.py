"""Mail that comes back stops more mail to addresses that are gone, and to nobody else; on both databases."""

from __future__ import annotations

import dataclasses
import mailbox
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import WORKSPACE
from tests.channels.reports import arf, dsn
from tests.faults.sinks import smtp_sink
from tests.services.play_rig import PlayRig
from waypost_server.channels.bounce import read
from waypost_server.channels.smtp import SmtpMailer
from waypost_server.cli.bounces import _messages
from waypost_server.domain.errors import ConflictError, NotFoundError
from waypost_server.services.addresses import return_mac
from waypost_server.services.allow_again import allow_again
from waypost_server.services.fsck import check as fsck
from waypost_server.services.return_path import delivery_of, return_path
from waypost_server.services.take_bounce import SOFT_MOST, Taken, take_reports
from waypost_server.store.database import Database
from waypost_server.store.tables import Attempt, Bounce, Delivery, Suppression


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> PlayRig:
    """One mail was sent, from an installation that takes bounces."""
    rig = PlayRig(database, tmp_path / "mailbox", bounce_address="bounces@acme.example")
    rig.publish()
    rig.add_account(first_day=rig.clock.now.date() - timedelta(days=16))
    rig.drain()
    assert _mail(rig).state == "sent"
    return rig


def _mail(rig: PlayRig) -> Delivery:
    (row,) = rig.rows(Delivery)
    return row  # type: ignore[no-any-return]


def _take(rig: PlayRig, raw: bytes) -> Taken:
    return take_reports(rig.runtime, WORKSPACE, read(raw))


def _bounce(rig: PlayRig, **changes: object) -> Taken:
    delivery_id = _mail(rig).id
    mac = return_mac(rig.runtime, WORKSPACE, delivery_id)
    return _take(rig, dsn(delivery_id, mac=mac, **changes))  # type: ignore[arg-type]


def test_a_hard_bounce_stops_the_address_the_mail_went_to(rig: PlayRig) -> None:
    """Not the one that the report names: a forged report must not stop others' mail. Read twice, it counts once."""
    assert _bounce(rig) == Taken(taken=1, suppressed=1)
    assert _bounce(rig) == Taken(known=1)
    assert (_mail(rig).state, _mail(rig).reason) == ("failed", "bounced: 550 no")
    (stopped,) = rig.rows(Suppression)
    assert stopped.reason == "bounced"
    assert [row.outcome for row in rig.rows(Attempt)] == ["sent", "bounced"] and fsck(rig.runtime) == []
    rig.sql("update delivery set state = 'pending', ended_at = null")
    rig.drain()
    assert _mail(rig).state == "suppressed"


def test_soft_bounces_stop_an_address_only_when_they_go_on(rig: PlayRig) -> None:
    """Five within thirty days; the mail itself stays sent."""
    for number in range(SOFT_MOST):
        assert not rig.rows(Suppression)
        _bounce(rig, status="5.2.2", number=number)
    assert len(rig.rows(Suppression)) == 1 and len(rig.rows(Bounce)) == SOFT_MOST
    assert _mail(rig).state == "sent" and fsck(rig.runtime) == []


def test_a_complaint_stops_the_address_and_only_its_owner_can_undo_it(rig: PlayRig) -> None:
    """A bounce a CSM may undo; a complaint not."""
    assert _take(rig, arf(_mail(rig).id)).suppressed == 1
    with pytest.raises(ConflictError):
        allow_again(rig.runtime, WORKSPACE, "acme-admin", actor="sam")
    rig.sql("update suppression set reason = 'bounced'")
    allow_again(rig.runtime, WORKSPACE, "acme-admin", actor="sam")
    assert not rig.rows(Suppression) and not rig.rows(Bounce)
    with pytest.raises(NotFoundError):
        allow_again(rig.runtime, WORKSPACE, "nobody", actor="sam")


def test_a_report_about_no_mail_of_ours_changes_nothing(rig: PlayRig) -> None:
    """An id that nobody has, and a return address signed by somebody else."""
    assert _take(rig, dsn("nobody")) == Taken(unmatched=1)
    assert delivery_of(rig.runtime, WORKSPACE, "bounces+id-000001.0000000000000000@acme.example") == ""
    assert not rig.rows(Bounce)


def test_a_mail_is_returned_to_its_own_signed_address(rig: PlayRig) -> None:
    """The envelope's sender names the delivery, for real ids too; From stays as it is."""
    real = "0193a5c2-7f00-7000-8000-0123456789ab"
    address = return_path(rig.runtime, WORKSPACE, real)
    assert address and delivery_of(rig.runtime, WORKSPACE, address) == real
    assert delivery_of(rig.runtime, "other", address) == ""
    assert len(address.partition("@")[0]) <= 64
    assert return_path(dataclasses.replace(rig.runtime, bounce_address=None), WORKSPACE, real) is None
    rig.sql("delete from attempt")
    rig.sql("delete from touch")
    rig.sql("update delivery set state = 'pending', ended_at = null, attempts = 0")
    with smtp_sink() as (sink, port):
        mailer = SmtpMailer("127.0.0.1", port, starttls=False)
        rig.runtime = dataclasses.replace(rig.runtime, mailer=mailer)
        rig.drain()
        mailer.close()
    assert sink.senders == [return_path(rig.runtime, WORKSPACE, _mail(rig).id)]


def test_mailboxes_are_read_in_both_forms(rig: PlayRig, tmp_path: Path) -> None:
    """mbox and Maildir."""
    mbox, maildir = mailbox.mbox(tmp_path / "mbox"), mailbox.Maildir(tmp_path / "maildir")
    for box in (mbox, maildir):
        box.add(dsn(_mail(rig).id))
        box.flush()
    for path in (tmp_path / "mbox", tmp_path / "maildir"):
        (raw,) = _messages(path)
        assert read(raw)[0].delivery_id == _mail(rig).id
