"""G5: what customers call themselves ends as words in one mail to one person, or the mail is not written."""

from __future__ import annotations

import dataclasses
from email import message_from_bytes, policy
from pathlib import Path

from sqlalchemy import update

from tests.builders import WORKSPACE
from tests.channels.test_mail import HEADERS
from tests.faults.sinks import smtp_sink
from tests.services.play_rig import PlayRig
from waypost_server.channels.smtp import SmtpMailer
from waypost_server.services.fsck import check as fsck
from waypost_server.store.database import Database
from waypost_server.store.tables import Account, Delivery, EndUser

NAMES = [
    "Dana\rBcc: x@evil.example",
    "Dana\nBcc: x@evil.example",
    "Dana\r\n\r\nA body of my own",
    "Dana\u2028Bcc: x@evil.example",
    "Dana\u0085Bcc: x@evil.example",
    "=?utf-8?q?=0ABcc:_x@evil.example?=",
    "=?utf-8?b?CkJjYzogeEBldmlsLmV4YW1wbGU=?=",
    "=?=?utf-8?q?=0D=0ABcc:x@evil.example?=",
    "Dana\x00",
    "D" * 10_000,
    "x@evil.example, y@evil.example",
    '"Dana" <x@evil.example>',
    "Zoë 王 مرحبا 🎉",
    "%s {0} ${x} {{ user.email }}",
]
ADDRESSES = [
    "a@example.com,b@evil.example",
    "a@example.com b@evil.example",
    "Dana <a@example.com>",
    '"quoted local"@example.com',
    '"a@evil.example,"@example.com',
    "a@example.com\r\nBcc: b@evil.example",
    "=?utf-8?q?a=0ABcc:b?=@example.com",
    "a@example.com\x00",
    "@evil.example:a@example.com",
]
SENT_HEADERS = sorted(HEADERS)


def test_no_merge_field_adds_a_header_or_a_recipient(database: Database, tmp_path: Path) -> None:
    """Names of people and of their companies in subject and body, over SMTP to a server that keeps what it gets."""
    with smtp_sink() as (sink, port):
        rig = _rig(database, tmp_path, port, len(NAMES))
        for index, name in enumerate(NAMES):
            _set(rig, index, name=name)
        rig.drain()
        rig.runtime.mailer.close()  # type: ignore[union-attr]
        rows = rig.rows(Delivery)
        sent = {row.recipient for row in rows if row.state == "sent"}
        assert len(rows) == len(NAMES) and len(sent) >= 6
        assert {row.state for row in rows} <= {"sent", "failed"}
        assert all("header must not contain" in row.reason for row in rows if row.state == "failed")
        assert sorted(sink.recipients) == sorted(sent)
        for raw in sink.messages:
            for reading in (policy.compat32, policy.default):
                names = message_from_bytes(raw, policy=reading).keys()
                assert sorted({*names} - {"X-Peer", "X-MailFrom", "X-RcptTo"}) == SENT_HEADERS
            assert max(len(line) for line in raw.split(b"\r\n")) < 999
        assert fsck(rig.runtime) == []


def test_an_address_is_one_address_or_nothing_is_sent(database: Database, tmp_path: Path) -> None:
    """Lists, display names, quoted parts, routes and control characters."""
    with smtp_sink() as (sink, port):
        rig = _rig(database, tmp_path, port, len(ADDRESSES) + 1)
        for index, address in enumerate(ADDRESSES):
            _set(rig, index, email=address.replace("\x00", "\x01"))  # no database of ours holds a NUL
        rig.drain()
        rig.runtime.mailer.close()  # type: ignore[union-attr]
        assert sink.recipients == [f"a{len(ADDRESSES)}-admin@example.com"]
        assert "sent" in {row.state for row in rig.rows(Delivery)} and fsck(rig.runtime) == []


def _rig(database: Database, tmp_path: Path, port: int, accounts: int) -> PlayRig:
    rig = PlayRig(database, tmp_path / "mailbox")
    rig.runtime = dataclasses.replace(rig.runtime, mailer=SmtpMailer("127.0.0.1", port, starttls=False))
    rig.publish()
    for index in range(accounts):
        rig.add_account(f"a{index}")
        rig.decay(f"a{index}")
    return rig


def _set(rig: PlayRig, index: int, **values: str) -> None:
    values = {name: text.replace("\x00", "\x02") for name, text in values.items()}
    with rig.database.write() as session:
        whose = (EndUser.workspace_id == WORKSPACE, EndUser.id == f"a{index}-admin")
        session.execute(update(EndUser).where(*whose).values(**values))
        if "name" in values:
            mine = (Account.workspace_id == WORKSPACE, Account.id == f"a{index}")
            session.execute(update(Account).where(*mine).values(name=values["name"]))
