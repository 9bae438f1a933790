"""E-mail: the message as bytes, and SMTP with a commit point before the lone dot.

Between the final dot and the server's 250 nobody can know whether the mail was taken. So the body goes
first, then the caller writes down "about to send the dot" (`mark`), then the dot goes. A process that dies
before the mark has sent nothing; one that dies after it leaves a delivery that is never resent by itself.
"""

from __future__ import annotations

import binascii
import contextlib
import smtplib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, parseaddr
from typing import Protocol

from waypost_server.channels import mail_headers
from waypost_server.channels.mail_html import Parts
from waypost_server.channels.outcome import Abandoned, Later, Outcome, Refused, Sent, Unclear

IDLE_SECONDS = 30.0  # an unused connection older than this is opened again rather than trusted
STEP_SECONDS = 15.0
REPLY_SECONDS = 75.0  # after the dot; the caller's lease must outlive it
Mark = Callable[[], bool]
Fault = Callable[[str], None]


def no_fault(_name: str) -> None:
    """The fault point of production: nothing."""


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


class Mailer(Protocol):
    """Sends one mail. Calls `mark` once, right before the point of no return; False means stop."""

    def send(self, mail: Mail, mark: Mark) -> Outcome: ...

    def close(self) -> None: ...


def envelope_sender(sender: str) -> str:
    """The bare address of "Name <address>"; raises HeaderError."""
    return mail_headers.address(parseaddr(sender)[1])


def to_bytes(mail: Mail) -> bytes:
    """The whole message, CRLF line ends, ASCII only. Raises HeaderError when a header is not safe."""
    sender = envelope_sender(mail.sender)
    name = mail_headers.clean(parseaddr(mail.sender)[0])
    domain = sender.rpartition("@")[2]
    boundary = f"=_waypost_{mail.delivery_id}"
    quoted = (
        '"' + name.replace("\\", "").replace('"', "") + '"' if name.isascii() else mail_headers.encoded(name)
    )
    headers = {
        "From": f"{quoted} <{sender}>" if name else sender,
        "To": mail_headers.address(mail.recipient),
        "Subject": mail_headers.encoded(mail_headers.clean(mail.subject)[: mail_headers.MAX_SUBJECT]),
        "Date": format_datetime(mail.at),
        "Message-ID": f"<{mail.delivery_id}@{domain}>",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
        "X-Waypost-Delivery": mail.delivery_id,
        "Auto-Submitted": "auto-generated",
    }
    if mail.reply_to:
        headers["Reply-To"] = mail_headers.address(mail.reply_to)
    if mail.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    body = _part(boundary, "plain", mail.parts.text) + _part(boundary, "html", mail.parts.html)
    return mail_headers.serialise(headers) + body + f"--{boundary}--\r\n".encode()


def _part(boundary: str, subtype: str, text: str) -> bytes:
    head = (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    quoted = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True)
    return head.encode() + quoted.replace(b"\n", b"\r\n") + b"\r\n"


@dataclass(slots=True)
class SmtpMailer:
    """Sends over SMTP and keeps the connection for the next mail. Safe to share between threads."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    fault: Fault = no_fault
    _client: smtplib.SMTP | None = None
    _used_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        """One try. Whatever goes wrong before the mark is safe to repeat."""
        data = to_bytes(mail)
        with self._lock:
            try:
                client = self._connected()
                refusal = self._up_to_body(client, mail, data)
            except (OSError, smtplib.SMTPException) as error:
                self._drop()
                return Later(f"before the commit point: {_short(error)}")
            if refusal is not None:
                self._drop()
                return refusal
            if not mark():
                self._drop()  # the server forgets a message whose dot never came
                return Abandoned()
            return self._dot(client)

    def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        with self._lock:
            if self._client is not None:
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    self._client.quit()
            self._client = None

    def _up_to_body(self, client: smtplib.SMTP, mail: Mail, data: bytes) -> Outcome | None:
        steps = (
            lambda: client.mail(envelope_sender(mail.sender)),
            lambda: client.rcpt(mail.recipient),
            lambda: client.docmd("DATA"),
        )
        for name, step, wanted in zip(
            ("mail", "rcpt", "data"), steps, ((250,), (250, 251), (354,)), strict=True
        ):
            code, text = step()
            if code not in wanted:
                return _verdict(code, text, recipient=name == "rcpt")
            self.fault(f"smtp.{name}")
        stuffed = data.replace(b"\r\n.", b"\r\n..")
        client.send(stuffed[: len(stuffed) // 2])
        self.fault("smtp.half")
        client.send(stuffed[len(stuffed) // 2 :])
        self.fault("smtp.body")
        return None

    def _dot(self, client: smtplib.SMTP) -> Outcome:
        self.fault("smtp.marked")
        try:
            if client.sock is not None:
                client.sock.settimeout(REPLY_SECONDS)
            client.send(b".\r\n")
            self.fault("smtp.dot")
            code, text = client.getreply()
            if client.sock is not None:
                client.sock.settimeout(STEP_SECONDS)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Unclear(f"no answer after the message was handed over: {_short(error)}")
        self.fault("smtp.replied")
        self._used_at = time.monotonic()
        if code == 250:
            return Sent(_words(code, text))
        self._drop()
        return _verdict(code, text, recipient=False)

    def _connected(self) -> smtplib.SMTP:
        if self._client is not None and time.monotonic() - self._used_at < IDLE_SECONDS:
            return self._client
        self._drop()
        client = smtplib.SMTP(self.host, self.port, timeout=STEP_SECONDS)
        self._client, self._used_at = client, time.monotonic()
        if (
            client.sock is not None
        ):  # the dot follows the body at once; without this it waits 40 ms for an ack
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.ehlo_or_helo_if_needed()
        if self.starttls:
            import ssl

            client.starttls(context=ssl.create_default_context())
            client.ehlo_or_helo_if_needed()
        if self.user:
            client.login(self.user, self.password or "")
        return client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None


def _verdict(code: int, text: bytes, *, recipient: bool) -> Outcome:
    words = _words(code, text)
    if 400 <= code < 500 or code < 300:
        return Later(words)
    bad_address = recipient and (b"5.1." in text or (code in (550, 551, 553) and b"5.7." not in text))
    return Refused(words, gone=bad_address)


def _words(code: int, text: bytes) -> str:
    return f"{code} {text.decode('utf-8', 'replace')}"[:300]


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
