"""E-mail: what a mail is, the message as bytes, and what a mailer promises."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Protocol, runtime_checkable

from waypost_server.channels import mail_headers
from waypost_server.channels.mail_html import Parts
from waypost_server.channels.outcome import Outcome

Mark = Callable[[], bool]
MarkAll = Callable[[Sequence["Mail"]], Collection[str]]
Fault = Callable[[str], None]


def no_fault(_name: str) -> None:
    """The fault point of production: nothing."""


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An entry for the recipient's calendar, as text of RFC 5545."""

    method: str
    text: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one recipient."""

    delivery_id: str
    sender: str  # "Name <address>", from the settings
    recipient: str
    subject: str
    parts: Parts
    at: datetime
    unsubscribe_url: str | None = None
    reply_to: str | None = None
    return_path: str | None = None  # the envelope's sender; None = the address of `sender`
    calendar: CalendarPart | None = None


class Mailer(Protocol):
    """Sends one mail. Calls `mark` once, right before the point of no return; False means stop."""

    def send(self, mail: Mail, mark: Mark) -> Outcome: ...

    def close(self) -> None: ...


@runtime_checkable
class GroupMailer(Mailer, Protocol):
    """Sends several at once. `mark` gets those whose bodies are over there and names those that may go on."""

    def send_all(self, mails: Sequence[Mail], mark: MarkAll) -> dict[str, Outcome]: ...


def envelope_sender(sender: str) -> str:
    """The bare address of "Name <address>"; raises HeaderError."""
    return _sender(sender)[0]


@lru_cache(maxsize=64)
def _sender(sender: str) -> tuple[str, str]:
    """(address, From header); the same for most mails."""
    name, written = parseaddr(sender)
    name, written = mail_headers.clean(name), mail_headers.address(written)
    if not name:
        return written, written
    bare = name.replace("\\", "").replace('"', "")
    quoted = f'"{bare}"' if name.isascii() else mail_headers.encoded(name)
    return written, f"{quoted} <{written}>"


def to_bytes(mail: Mail) -> bytes:
    """The whole message, CRLF line ends, ASCII only. Raises HeaderError when a header is not safe."""
    sender, from_header = _sender(mail.sender)
    domain = sender.rpartition("@")[2]
    if mail.return_path:
        mail_headers.address(mail.return_path)
    boundary = f"=_waypost_{mail.delivery_id}"
    headers = {
        "From": from_header,
        "To": mail_headers.address(mail.recipient),
        "Subject": mail_headers.encoded(mail_headers.clean(mail.subject)[: mail_headers.MAX_SUBJECT]),
        "Date": format_datetime(mail.at),
        "Message-ID": f"<{mail.delivery_id}@{domain}>",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
        "X-Waypost-Delivery": mail.delivery_id,
    }
    if not mail.reply_to:  # a person's mail waits for an answer
        headers["Auto-Submitted"] = "auto-generated"
    else:
        headers["Reply-To"] = mail_headers.address(mail.reply_to)
    if mail.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    body = _part(boundary, "plain", mail.parts.text) + _part(boundary, "html", mail.parts.html)
    if mail.calendar:
        body += _part(boundary, f"calendar; method={mail.calendar.method}", mail.calendar.text)
    return mail_headers.serialise(headers) + body + f"--{boundary}--\r\n".encode()


def _part(boundary: str, subtype: str, text: str) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    quoted = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True)
    return head.encode() + quoted.replace(b"\n", b"\r\n") + b"\r\n"
