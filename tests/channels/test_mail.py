"""E-mails as bytes: headers that cannot be extended, parts that cannot carry markup, and SMTP's verdicts."""

from __future__ import annotations

import socket
import socketserver
import threading
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.fleet import free_port
from tests.faults.sinks import smtp_sink
from waypost_server.channels.email import Mail, to_bytes
from waypost_server.channels.mail_headers import HeaderError, address, clean
from waypost_server.channels.mail_html import Footer, parts
from waypost_server.channels.mailbox import MailboxMailer
from waypost_server.channels.outcome import Abandoned, Later, Refused, Sent
from waypost_server.channels.smtp import SmtpMailer

FOOTER = Footer("You get this because you use Acme.", "https://w.example/u/abc")
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "X-Waypost-Delivery",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
]


def _mail(**changes: object) -> Mail:
    values: dict[str, object] = {
        "delivery_id": "0192-abc",
        "sender": "Acme Success <hello@acme.example>",
        "recipient": "dana@example.com",
        "subject": "Hello",
        "parts": parts("Hello **there**.", subject="Hello", footer=FOOTER),
        "at": datetime(2026, 11, 23, 10, tzinfo=UTC),
        "unsubscribe_url": "https://w.example/u/abc",
    }
    return Mail(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "subject",
    [
        "Hi =?utf-8?q?=0ABcc:_x@y?=",
        "Hi =?utf-8?b?CkJjYzogeEB5?=",
        "=?=?utf-8?q?=0D=0ABcc:x@y?=",
        "Grüße =?utf-8?q?=0ABcc:_x@y?= für Dana " * 4,
    ],
)
def test_an_encoded_line_break_in_a_merge_field_adds_no_header(subject: str) -> None:
    """CPython 3.11.7 would write the break out; our own encoder leaves nothing to decode."""
    data = to_bytes(_mail(subject=subject))
    for reading in (policy.compat32, policy.default, policy.SMTP):
        assert message_from_bytes(data, policy=reading).keys() == HEADERS
    assert b"\nBcc" not in data


@given(st.text(max_size=300))
def test_any_subject_is_either_refused_or_stays_one_header(subject: str) -> None:
    """Whatever a customer is called."""
    try:
        data = to_bytes(_mail(subject=subject))
    except HeaderError:
        return
    read = message_from_bytes(data, policy=policy.default)
    assert read.keys() == HEADERS
    assert " ".join(read["Subject"].split()) == " ".join(clean(subject)[:200].split())


@pytest.mark.parametrize("subject", ["a\nb", "a\r\nBcc: x@y", "a\x00b", "a\u2028b", "a\u202eb"])
def test_control_characters_in_a_header_are_refused(subject: str) -> None:
    """A delivery that cannot be written safely fails visibly."""
    with pytest.raises(HeaderError):
        to_bytes(_mail(subject=subject))


@pytest.mark.parametrize(
    "text",
    ["a@b.example, c@d.example", "Dana <a@b.example>", "a@b.example\nBcc: c@d", "a b@c.example", "@b", "a@", "a..b@c.d",
     "=?utf-8?q?a?=@b.example", "ä@b.example"],
)  # fmt: skip
def test_a_recipient_is_exactly_one_plain_address(text: str) -> None:
    """No lists, no display names, no tricks."""
    with pytest.raises(HeaderError):
        address(text)


def test_both_parts_carry_the_words_and_the_way_out() -> None:
    """Text and HTML, quoted-printable, with one-click unsubscribe."""
    read = message_from_bytes(to_bytes(_mail(subject="Grüße")), policy=policy.default)
    assert read["Subject"] == "Grüße"
    assert read["Message-ID"] == "<0192-abc@acme.example>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (read.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Hello there." in text and "https://w.example/u/abc" in text
    assert "<strong>there</strong>" in html and 'href="https://w.example/u/abc"' in html


def test_code_wraps_and_words_run_the_way_they_are_written() -> None:
    """A long line of code does not widen the mail on a phone, and Arabic begins at the right."""
    html = parts("مرحبا\n\n```\ncurl https://example.com\n```", subject="s", footer=FOOTER).html
    assert '<pre style="margin:0 0 16px;white-space:pre-wrap' in html and 'role="article" dir="auto"' in html


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](//evil.test)",
        "[x](/relative)",
        '<img src=x onerror="alert(1)">',
        "![x](https://tracker.example/p.gif)",
        "<a href='https://x.example' style='x'>x</a>",
    ],
)
def test_markup_in_the_words_stays_words(markdown: str) -> None:
    """No scripts, images, relative or odd links, whoever wrote the text."""
    html = parts(markdown, subject="s", footer=Footer("why", None)).html.split("<body", 1)[1]
    assert (
        "<script" not in html and "<img" not in html and "javascript:" not in html.replace("(javascript:", "")
    )
    assert "<a " not in html


def test_smtp_verdicts() -> None:
    """2xx is sent, 4xx is for later, 5xx is final, and a bad address is not tried again."""
    with smtp_sink() as (sink, port):
        mailer = SmtpMailer("127.0.0.1", port, starttls=False)
        assert isinstance(mailer.send(_mail(), lambda: True), Sent)
        assert isinstance(mailer.send(_mail(), lambda: True), Sent)
        assert mailer.send(_mail(), lambda: False) == Abandoned()
        sink.at_dot = "451 try later"
        assert mailer.send(_mail(), lambda: True) == Later("451 try later")
        sink.at_dot = "554 spam"
        assert mailer.send(_mail(), lambda: True) == Refused("554 spam")
        sink.at_dot, sink.at_rcpt = "250 ok", "550 5.1.1 no such user"
        assert mailer.send(_mail(), lambda: True) == Refused("550 5.1.1 no such user", gone=True)
        mailer.close()
    assert len(sink.messages) == 2
    assert sink.recipients == ["dana@example.com"] * 2


class _Piped(socketserver.StreamRequestHandler):
    """A server that offers PIPELINING; it takes a body even when it refused the recipient."""

    answers: ClassVar[dict[bytes, bytes]] = {}
    together: ClassVar[list[bytes]] = []
    bodies: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.wfile.write(b"250-here\r\n250 PIPELINING\r\n")
                self.together.append(self.connection.recv(4096, socket.MSG_PEEK))
                continue
            self.wfile.write(self.answers.get(verb, b"354 go\r\n" if verb == b"DATA" else b"250 ok\r\n"))
            if verb == b"DATA":
                body = b""
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    body += line
                if line:
                    self.bodies.append(body)
                    self.wfile.write(b"250 taken\r\n")


@pytest.mark.parametrize(
    ("answers", "outcome", "arrived"),
    [
        ({}, Sent("250 taken"), 1),
        ({b"RCPT": b"550 5.1.1 nobody\r\n"}, Refused("550 5.1.1 nobody", gone=True), 0),
        ({b"MAIL": b"451 later\r\n"}, Later("451 later"), 0),
        ({b"DATA": b"554 no\r\n"}, Refused("554 no"), 0),
    ],
)
def test_a_server_that_takes_commands_together_gets_them_together(
    answers: dict[bytes, bytes], outcome: object, arrived: int
) -> None:
    """One write instead of three; a refusal of any of them sends nothing, also when a body would be taken."""
    _Piped.answers, _Piped.together, _Piped.bodies = answers, [], []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Piped) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        mailer = SmtpMailer("127.0.0.1", server.server_address[1], starttls=False)
        assert mailer.send(_mail(), lambda: True) == outcome
        mailer.close()
        server.shutdown()
    asked = b"MAIL FROM:<hello@acme.example>\r\nRCPT TO:<dana@example.com>\r\nDATA\r\n"
    assert _Piped.together == [asked] and len(_Piped.bodies) == arrived


def test_nobody_listening_is_for_later() -> None:
    """Nothing left the building."""
    mailer = SmtpMailer("127.0.0.1", free_port(), starttls=False)
    assert isinstance(mailer.send(_mail(), lambda: True), Later)


def test_a_line_with_a_lone_dot_does_not_end_the_message() -> None:
    """Dots at the start of a line are doubled on the wire."""
    with smtp_sink() as (sink, port):
        mailer = SmtpMailer("127.0.0.1", port, starttls=False)
        words = parts("before\n\n.\n\nafter", subject="s", footer=FOOTER)
        assert isinstance(mailer.send(_mail(parts=words), lambda: True), Sent)
        mailer.close()
    text = message_from_bytes(sink.messages[0], policy=policy.default).get_body(("plain",)).get_content()
    assert "before" in text and "after" in text


def test_the_mailbox_writes_whole_files_or_none(tmp_path: Path) -> None:
    """A delivery that was taken over leaves no file; the same one twice is one file."""
    mailer = MailboxMailer(tmp_path / "box")
    assert mailer.send(_mail(), lambda: False) == Abandoned()
    assert list((tmp_path / "box").iterdir()) == []
    assert isinstance(mailer.send(_mail(), lambda: True), Sent)
    assert isinstance(mailer.send(_mail(), lambda: True), Sent)
    assert [file.name for file in (tmp_path / "box").iterdir()] == ["20261123T100000-0192-abc.eml"]
