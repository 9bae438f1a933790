"""SMTP with a commit point before the lone dot, for several mails at once, each on a connection of its own.

Between the final dot and the server's 250 nobody can know whether the mail was taken. So the bodies go
first, then the caller writes down "about to send the dots" (`mark`), then the dots go. A process that dies
before the mark has sent nothing; one that dies after it leaves deliveries that are never resent by themselves.

Nothing here waits for one server's answer while another could be asked: every step is written to all
connections before the first answer is read, so that no threads are needed.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from waypost_server.channels.email import Fault, Mail, Mark, MarkAll, envelope_sender, no_fault, to_bytes
from waypost_server.channels.mail_headers import HeaderError
from waypost_server.channels.outcome import Abandoned, Later, Outcome, Refused, Sent, Unclear

CONNECTIONS = 16  # a mail server allows one client 20 to 50
IDLE_SECONDS = 30.0  # an unused connection older than this is opened again rather than trusted
STEP_SECONDS = 15.0
BODY_SECONDS = 20.0  # for everything before the mark
REPLY_SECONDS = 55.0  # for all answers to the dots; the caller's lease must outlive it


STEPS = (
    "mail",
    "rcpt",
    "data",
)  # one after another, or all at once where the server offers PIPELINING (RFC 2920)
WANTED = {"mail": (250,), "rcpt": (250, 251), "data": (354,)}


@dataclass(slots=True, eq=False)
class _Line:
    """A connection, and the mail that is on it."""

    client: smtplib.SMTP
    used_at: float
    mail: Mail | None = None
    data: bytes = b""
    outcome: Outcome | None = None

    def read(self, until: float, most: float = STEP_SECONDS) -> tuple[int, bytes]:
        """The server's answer, before `until` on the monotonic clock."""
        if self.client.sock is not None:
            self.client.sock.settimeout(max(0.05, min(most, until - time.monotonic())))
        return self.client.getreply()


@dataclass(slots=True)
class SmtpMailer:
    """Sends over SMTP and keeps the connections for the next mails. Safe to share between threads."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    fault: Fault = no_fault
    connections: int = CONNECTIONS
    _lines: list[_Line] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, mail: Mail, mark: Mark) -> Outcome:
        """One mail. Whatever goes wrong before the mark is safe to repeat."""
        return self.send_all([mail], lambda ready: [mail.delivery_id] if mark() else [])[mail.delivery_id]

    def send_all(self, mails: Sequence[Mail], mark: MarkAll) -> dict[str, Outcome]:
        """Each mail once; as many at a time as the server lets us have connections."""
        outcomes: dict[str, Outcome] = {}
        waiting: list[tuple[Mail, bytes]] = []
        for mail in mails:
            try:
                waiting.append((mail, to_bytes(mail)))
            except HeaderError as error:
                outcomes[mail.delivery_id] = Refused(f"not written: {error.message}")
        until = time.monotonic() + BODY_SECONDS
        with self._lock:
            while waiting:
                try:
                    lines = self._open(len(waiting), until)
                except (OSError, smtplib.SMTPException) as error:
                    later = Later(f"before the commit point: {_short(error)}")
                    return outcomes | {mail.delivery_id: later for mail, _ in waiting}
                for line, (mail, data) in zip(lines, waiting, strict=False):
                    line.mail, line.data, line.outcome = mail, data, None
                waiting = waiting[len(lines) :]
                self._wave(lines, mark, until)
                outcomes |= {
                    line.mail.delivery_id: line.outcome for line in lines if line.mail and line.outcome
                }
        return outcomes

    def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        with self._lock:
            for line in self._lines:
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    line.client.quit()
            self._lines.clear()

    def _wave(self, lines: list[_Line], mark: MarkAll, until: float) -> None:
        if all(line.client.has_extn("pipelining") for line in lines):
            self._steps(lines, STEPS, until)
        else:
            for step in STEPS:
                self._steps(lines, (step,), until)
        for line in _going(lines):
            self._guarded(line, self._body, line)
        ready = _going(lines)
        marked = set(mark([line.mail for line in ready if line.mail])) if ready else set()
        for line in ready:
            if line.mail and line.mail.delivery_id not in marked:
                line.outcome = Abandoned()
                self._drop(line)  # the server forgets a message whose dot never came
        self._dots(_going(lines))

    def _steps(self, lines: list[_Line], steps: Sequence[str], until: float) -> None:
        """Write the steps to every server in one go, then read what each answers to them."""
        for line in _going(lines):
            commands = "".join([_command(step, line) for step in steps])
            self._guarded(line, line.client.send, commands)
        for step in steps:
            for line in _going(lines):
                self._guarded(line, self._answer, line, step, until)

    def _answer(self, line: _Line, step: str, until: float) -> None:
        code, text = line.read(until)
        if code not in WANTED[step]:
            line.outcome = _verdict(code, text, recipient=step == "rcpt")
            self._drop(line)  # also where the server waits for a body already: nothing of one has left
            return
        self.fault(f"smtp.{step}")

    def _body(self, line: _Line) -> None:
        stuffed = line.data.replace(b"\r\n.", b"\r\n..")
        line.client.send(stuffed[: len(stuffed) // 2])
        self.fault("smtp.half")
        line.client.send(stuffed[len(stuffed) // 2 :])
        self.fault("smtp.body")

    def _guarded(self, line: _Line, step: Callable[..., object], *given: object) -> None:
        """Before the mark: whatever breaks has sent nothing."""
        try:
            step(*given)
        except (OSError, smtplib.SMTPException) as error:
            line.outcome = Later(f"before the commit point: {_short(error)}")
            self._drop(line)

    def _dots(self, lines: list[_Line]) -> None:
        """After the mark: whatever breaks may have sent the mail."""
        until = time.monotonic() + REPLY_SECONDS
        for line in lines:
            self.fault("smtp.marked")
            self._unclear(line, line.client.send, b".\r\n")
            self.fault("smtp.dot")
        for line in _going(lines):
            self._unclear(line, self._last_word, line, until)
            self.fault("smtp.replied")

    def _unclear(self, line: _Line, step: Callable[..., object], *given: object) -> None:
        try:
            step(*given)
        except (OSError, smtplib.SMTPException) as error:
            line.outcome = Unclear(f"no answer after the message was handed over: {_short(error)}")
            self._drop(line)

    def _last_word(self, line: _Line, until: float) -> None:
        code, text = line.read(until, REPLY_SECONDS)
        line.used_at = time.monotonic()
        if code == 250:
            line.outcome = Sent(_words(code, text))
            return
        line.outcome = _verdict(code, text, recipient=False)
        self._drop(line)

    def _open(self, wanted: int, until: float) -> list[_Line]:
        """Up to `wanted` connections, old ones first. Raises when there is none at all."""
        for line in list(self._lines):
            if time.monotonic() - line.used_at >= IDLE_SECONDS:
                self._drop(line)
        while len(self._lines) < min(wanted, self.connections):
            try:
                self._lines.append(_Line(self._connect(until), time.monotonic()))
            except (OSError, smtplib.SMTPException):
                if not self._lines:
                    raise
                break  # the server allows no more of them just now
        return self._lines[:wanted]

    def _connect(self, until: float) -> smtplib.SMTP:
        left = min(STEP_SECONDS, until - time.monotonic())
        if left <= 0:
            raise TimeoutError("the mail server is too slow")
        client = smtplib.SMTP(self.host, self.port, timeout=left)
        if (
            client.sock is not None
        ):  # the dot follows the body at once; without this it waits 40 ms for an ack
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.ehlo_or_helo_if_needed()
        if self.starttls:
            client.starttls(context=ssl.create_default_context())
            client.ehlo_or_helo_if_needed()
        if self.user:
            client.login(self.user, self.password or "")
        return client

    def _drop(self, line: _Line) -> None:
        line.client.close()
        if line in self._lines:
            self._lines.remove(line)


def _going(lines: list[_Line]) -> list[_Line]:
    return [line for line in lines if line.outcome is None]


def _command(step: str, line: _Line) -> str:
    """One line. Both addresses are plain ones: `to_bytes` has refused any other."""
    assert line.mail is not None
    if step == "mail":
        return f"MAIL FROM:<{line.mail.return_path or envelope_sender(line.mail.sender)}>\r\n"
    return f"RCPT TO:<{line.mail.recipient.strip()}>\r\n" if step == "rcpt" else "DATA\r\n"


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
